/* SPDX-License-Identifier: MIT */
/* Checks [DOM-7]. */
/*
 * LINK: core/domain.c core/domain_death.c core/obituary.c core/vcpu.c core/vcpu_context.c core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c
 * LINK: core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c core/heap.c core/pagetype.c core/entry.c core/log_dirty.c core/log_dirty_look.c core/memory.c
 * LINK: core/frame_audit.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c core/grant.c core/grant_map.c core/grant_copy.c
 */
/* Which pages count as changed. */
#include <criterion/criterion.h>
#include "start.h"
#include "tables.h"
#include "core/grant.h"
#include "core/log_dirty.h"
#include "core/sched.h"
#include "lib/errno.h"

#define WRITTEN (PTE_P | PTE_RW | PTE_A | PTE_D)

static struct domain *d0, *d1;
static struct tree tree;

/* A page with a PFN of its own: the number of the frame. */
static mfn_t page(struct domain *d)
{
    mfn_t m = new_page(d);

    m2p[m.n] = m.n;
    return m;
}

static void setup(void)
{
    core_start();
    d0 = new_domain(0, 1);
    d1 = new_domain(1, 1);
    fake_current = d0->vcpus[0];
    tree = new_tree(d1);
    m2p[tree.l1.n] = tree.l1.n;
    cr_assert_eq(table_pin(d1, tree.l1, TYPE_L1), 0);
}

static void fini(void)
{
    log_dirty_end(d0);
    log_dirty_end(d1);
    cr_assert_eq(log_dirty_domains, 0);
    cr_assert_eq(frames_audit(), 0);
    cr_assert_eq(grant_audit(d1), 0);
}

TestSuite(log_dirty, .init = setup, .fini = fini);
#define T(name) Test(log_dirty, name)

static void set(struct domain *d, mfn_t l1, unsigned index, mfn_t m, uint64_t flags)
{
    cr_assert_eq(frame_and_type_get(d, l1, TYPE_L1, false), 0);
    cr_assert_eq(entry_update(d->vcpus[0], d, flags ? d1 : d, frame_of(l1), index, flags ? pte_make(m, flags | PTE_US) : 0, false), 0);
    frame_and_type_put(d, frame_of(l1));
}

static bool changed(mfn_t m, bool clear)
{
    uint8_t bits;

    log_dirty_collect(d1);
    log_dirty_read(d1, m.n / 8, &bits, 1, clear);
    return bits & 1u << m.n % 8;
}

#define CHANGED(m) changed(m, true)

static void begin(void)
{
    cr_assert_eq(log_dirty_begin(d1), 0);
    domain_pause(d1);
}

T(written_entries_are_found_once)
{
    mfn_t m = page(d1);

    set(d1, tree.l1, 3, m, WRITTEN);
    begin();
    cr_assert_not(CHANGED(m)); /* before it began */
    cr_assert_eq(table(tree.l1)[3] & WRITTEN, WRITTEN & ~PTE_A, "D is the guest's");
    table(tree.l1)[3] |= PTE_A; /* the CPU uses it */
    cr_assert(changed(m, false), "a look");
    cr_assert(CHANGED(m), "does not clear");
    cr_assert_not(CHANGED(m));
}

T(entries_that_cannot_have_written_do_not_count)
{
    mfn_t ro = page(d1), clean = page(d1);

    begin();
    set(d1, tree.l1, 0, ro, PTE_P | PTE_A | PTE_D);
    set(d1, tree.l1, 1, clean, PTE_P | PTE_RW | PTE_A);
    CHANGED(ro);
    cr_assert_not(CHANGED(ro));
    cr_assert_not(CHANGED(clean));
}

T(an_entry_that_is_gone_was_seen)
{
    mfn_t m = page(d1), n = page(d1);

    begin();
    CHANGED(m);
    set(d1, tree.l1, 0, m, WRITTEN);
    set(d1, tree.l1, 0, m, 0);
    cr_assert(CHANGED(m));
    /* The guest clears A itself. */
    set(d1, tree.l1, 1, n, WRITTEN);
    set(d1, tree.l1, 1, n, WRITTEN & ~PTE_A);
    cr_assert(CHANGED(n));
    cr_assert_not(CHANGED(n));
    /* Or makes it read-only. */
    set(d1, tree.l1, 1, n, WRITTEN);
    set(d1, tree.l1, 1, n, PTE_P);
    cr_assert(CHANGED(n));
}

T(tables_count_while_they_are_tables_and_once_after)
{
    begin();
    cr_assert(CHANGED(tree.l1));
    cr_assert(CHANGED(tree.l1));
    cr_assert_eq(table_unpin(d1, tree.l1), 0);
    cr_assert_eq(type_drain(d1, false), 0);
    cr_assert(CHANGED(tree.l1));
    cr_assert_not(CHANGED(tree.l1));
}

T(the_control_domains_mappings_count)
{
    struct tree own = new_tree(d0);
    mfn_t m = page(d1), ro = page(d1);

    cr_assert_eq(table_pin(d0, own.l1, TYPE_L1), 0);
    set(d0, own.l1, 0, m, RW);
    set(d0, own.l1, 1, ro, RO);
    begin();
    cr_assert(CHANGED(m));
    cr_assert(CHANGED(m));
    cr_assert_not(CHANGED(ro));
    table(own.l1)[0] |= PTE_A | PTE_D;
    set(d0, own.l1, 0, m, 0);
    cr_assert(CHANGED(m), "when it goes");
    cr_assert_not(CHANGED(m));
}

T(grants_count)
{
    mfn_t m = page(d1), mfns[1];
    struct grant_entry_v1 *e;
    struct gnttab_copy copy = {.flags = GNTCOPY_dest_gref, .len = 8};
    struct gnttab_map_grant_ref map = {.flags = GNTMAP_device_map, .ref = 9, .dom = 1};
    struct gnttab_unmap_grant_ref unmap = {0};
    struct grant_unmap_batch b = {.count = 0};
    struct grant_copy_batch c = {.from = {.d = NULL}};
    mfn_t own = page(d0);

    cr_assert_eq(grant_frame_mfn(d1, 0, &mfns[0]), 0);
    e = (struct grant_entry_v1 *)frame_va(mfns[0]);
    e[9] = (struct grant_entry_v1){.flags = GTF_permit_access, .domid = 0, .frame = (uint32_t)m.n};
    begin();
    CHANGED(m);
    copy.source.u.gmfn = own.n;
    copy.source.domid = DOMID_SELF;
    copy.dest.u.ref = 9;
    copy.dest.domid = 1;
    grant_copy(d0->vcpus[0], &copy, &c);
    grant_copy_end(&c);
    cr_assert_eq(copy.status, GNTST_okay);
    cr_assert(CHANGED(m));
    cr_assert_not(CHANGED(m));
    grant_map(d0->vcpus[0], &map);
    cr_assert_eq(map.status, GNTST_okay);
    cr_assert(CHANGED(m));
    cr_assert(CHANGED(m), "as long as it is mapped");
    unmap.handle = map.handle;
    unmap.dev_bus_addr = map.dev_bus_addr;
    grant_unmap(d0->vcpus[0], &unmap, &b);
    grant_unmap_flush(d0->vcpus[0], &b);
    cr_assert_eq(unmap.status, GNTST_okay);
    cr_assert(CHANGED(m), "and once after");
    cr_assert_not(CHANGED(m));
}

T(new_pages_and_new_numbers_count)
{
    mfn_t m;

    begin();
    cr_assert_eq(memory_populate(d1, 77, 0, 0, &m), 0);
    cr_assert(CHANGED(MFN(77)));
    cr_assert_not(CHANGED(MFN(77)));
    m2p[m.n] = 78;
    log_dirty_wrote(m);
    cr_assert(CHANGED(MFN(78)));
}

T(pages_beyond_the_bitmap_have_all_changed)
{
    mfn_t m = page(d1), far = MFN(1ull << 27);

    begin();
    cr_assert_not(CHANGED(far));
    m2p[m.n] = far.n + 5;
    log_dirty_wrote(m);
    cr_assert(CHANGED(far));
    m2p[m.n] = m.n;
}

T(only_who_is_asked_about)
{
    mfn_t m = page(d0);

    begin();
    log_dirty_wrote(m);
    cr_assert_not(CHANGED(m));
    log_dirty_end(d1);
    log_dirty_wrote(page(d1));
    cr_assert_eq(log_dirty_begin(d1), 0);
    cr_assert_not(CHANGED(m));
}
