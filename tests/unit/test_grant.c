/* SPDX-License-Identifier: MIT */
/* LINK: core/grant.c core/grant_map.c core/grant_copy.c core/grant_dump.c core/pagetype.c core/entry.c core/log_dirty.c core/frame.c core/frame_audit.c core/heap.c core/slab.c core/tlb.c core/memory.c hypercall/grant.c hypercall/door.c */
/* Checks [GNT-1] [GNT-2] [GNT-3] [GNT-4] [GNT-5] [GNT-6] [GNT-7] [GNT-8] [GNT-9] [GNT-10]
 * [GNT-11]. */
#include "core/dump.h"
#include "core/grant.h"
#include "core/segdesc.h"
#include "fake_port.h"
#include "hypercall/hypercall.h"
#include <criterion/criterion.h>
#include <pthread.h>

/* d0 maps what d1 grants. d2 is a third one. Each has tables that map VA .. VA + 2 MiB. */
#define VA 0x400000ull
#define REFS (PAGE_SIZE / sizeof(struct grant_entry_v1))

/* Stands in for core/segdesc.c: there are no descriptor pages here. */
bool segdesc_page_valid(struct domain *d, uint64_t *descriptors)
{
    (void)d, (void)descriptors;
    return false;
}

static struct domain *d0, *d1, *d2;
static struct vcpu *v0, *v1;
static mfn_t l1_of[3], page; /* page: a frame of d1, granted by most tests */

static mfn_t new_frame(struct domain *d)
{
    mfn_t m = heap_alloc(0, 0);

    cr_assert_eq(domain_add_frames(d, m, 0), 0);
    return m;
}

static uint64_t *table_at(mfn_t m)
{
    return frame_va(m);
}

static void make_tables(struct domain *d)
{
    mfn_t l4 = new_frame(d), l3 = new_frame(d), l2 = new_frame(d), l1 = new_frame(d);

    table_at(l4)[0] = pte_make(l3, PTE_P | PTE_RW | PTE_US);
    table_at(l3)[0] = pte_make(l2, PTE_P | PTE_RW | PTE_US);
    table_at(l2)[2] = pte_make(l1, PTE_P | PTE_RW | PTE_US);
    cr_assert_eq(frame_and_type_get(d, l4, TYPE_L4, false), 0);
    d->vcpus[0]->cr3_kernel = l4.n << PAGE_SHIFT;
    l1_of[d->id] = l1;
}

static struct domain *make(domid_t id)
{
    struct domain *d = fake_domain(id, 1, id == 0);

    d->dirty_cpus = BIT(id);
    d->max_grant_frames = 4;
    d->max_maptrack_frames = 2;
    cr_assert_eq(grant_domain_init(d), 0);
    make_tables(d);
    return d;
}

static void audit(void)
{
    cr_assert_eq(grant_audit(d0), 0);
    cr_assert_eq(grant_audit(d1), 0);
    cr_assert_eq(grant_audit(d2), 0);
    cr_assert_eq(frames_audit(), 0);
}

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d0 = make(0);
    d1 = make(1);
    d2 = make(2);
    v0 = d0->vcpus[0];
    v1 = d1->vcpus[0];
    fake_current = v0;
    page = new_frame(d1);
    fake_flushes = 0;
    audit();
}

TestSuite(grant, .init = setup, .fini = audit);

/* ---- what the tests do and ask ---- */

static struct grant_entry_v1 *entry(struct domain *d, grant_ref_t ref)
{
    mfn_t m;

    cr_assert_eq(grant_frame_mfn(d, ref / REFS, &m), 0);
    return (struct grant_entry_v1 *)frame_va(m) + ref % REFS;
}

static void offer(struct domain *d, grant_ref_t ref, domid_t to, mfn_t m, uint16_t flags)
{
    *entry(d, ref) = (struct grant_entry_v1){.flags = flags, .domid = to, .frame = (uint32_t)m.n};
}

static uint64_t *pte(struct domain *d, gva_t va)
{
    return table_at(l1_of[d->id]) + pte_index(va, 1);
}
static maddr_t pte_addr(struct domain *d, gva_t va)
{
    return (l1_of[d->id].n << PAGE_SHIFT) + pte_index(va, 1) * 8;
}

static uint32_t refs(mfn_t m)
{
    return frame_of(m)->refs & FRAME_REFS_MASK;
}
static uint32_t writers(mfn_t m)
{
    return (frame_of(m)->type & TYPE_MASK) == TYPE_WRITABLE ? frame_of(m)->type & TYPE_COUNT_MASK
                                                            : 0;
}
static uint16_t in_use(grant_ref_t ref)
{
    return entry(d1, ref)->flags & (GTF_reading | GTF_writing);
}

static struct gnttab_map_grant_ref map(uint64_t addr, uint32_t flags, grant_ref_t ref)
{
    struct gnttab_map_grant_ref op = {.host_addr = addr, .flags = flags, .ref = ref, .dom = 1};

    grant_map(v0, &op);
    audit();
    return op;
}

static grant_handle_t map_ok(uint64_t addr, uint32_t flags, grant_ref_t ref)
{
    struct gnttab_map_grant_ref op = map(addr, flags, ref);

    cr_assert_eq(op.status, GNTST_okay, "%s", fake_log_last);
    return op.handle;
}

static int unmap_bus(uint64_t addr, uint64_t bus, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = addr, .dev_bus_addr = bus, .handle = handle};
    struct grant_unmap_batch b = {.count = 0};

    grant_unmap(v0, &op, &b);
    grant_unmap_flush(v0, &b);
    audit();
    return op.status;
}

static int unmap(uint64_t addr, grant_handle_t handle)
{
    return unmap_bus(addr, 0, handle);
}

#define RW GNTMAP_host_map
#define RO (GNTMAP_host_map | GNTMAP_readonly)

/* ---- mapping and unmapping ---- */

Test(grant, a_writable_mapping_sets_the_entry_the_flags_and_the_references_and_unmap_undoes_all)
{
    struct gnttab_map_grant_ref op;
    uint32_t domain_refs = d1->refs;

    offer(d1, 8, 0, page, GTF_permit_access);
    op = map(VA, RW | GNTMAP_application_map, 8);
    cr_assert_eq(op.status, 0);
    cr_assert_eq(op.handle, 0);
    cr_assert_eq(op.dev_bus_addr, page.n << PAGE_SHIFT);
    cr_assert_eq(*pte(d0, VA), pte_make(page, PTE_P | PTE_RW | PTE_US | PTE_NX));
    cr_assert_eq(in_use(8), GTF_reading | GTF_writing);
    cr_assert(refs(page) == 2 && writers(page) == 1);
    cr_assert_eq(d1->refs, domain_refs + 1);

    cr_assert_eq(unmap(VA, op.handle), 0);
    cr_assert_eq(*pte(d0, VA), 0);
    cr_assert_eq(in_use(8), 0);
    cr_assert(refs(page) == 1 && writers(page) == 0);
    cr_assert_eq(d1->refs, domain_refs);
    cr_assert_eq(fake_flushes, 1);
    cr_assert_eq(fake_flush_mask, BIT(0));
    cr_assert_eq(unmap(VA, op.handle), GNTST_bad_handle);
}

Test(grant, a_read_only_mapping_takes_no_type)
{
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access | GTF_readonly);
    h = map_ok(VA, RO, 8);
    cr_assert_eq(*pte(d0, VA), pte_make(page, PTE_P | PTE_US | PTE_NX));
    cr_assert_eq(in_use(8), GTF_reading);
    cr_assert(refs(page) == 2 && writers(page) == 0);
    cr_assert_eq(map(VA + PAGE_SIZE, RW, 8).status, GNTST_general_error);
    cr_assert_eq(unmap(VA, h), 0);
    cr_assert_eq(in_use(8), 0);
}

Test(grant, software_bits_go_into_the_entry)
{
    offer(d1, 8, 0, page, GTF_permit_access);
    map_ok(VA, RO | 5u << _GNTMAP_guest_avail0, 8);
    cr_assert_eq(*pte(d0, VA), pte_make(page, PTE_P | PTE_US | PTE_NX | BIT(9) | BIT(11)));
    map_ok(VA + PAGE_SIZE, RO | ~0u << _GNTMAP_guest_avail0, 8);
    cr_assert_eq(*pte(d0, VA + PAGE_SIZE), pte_make(page, PTE_P | PTE_US | PTE_NX | 7 << 9));
}

Test(grant, map_flags_must_ask_for_some_mapping_and_unknown_ones_are_ignored)
{
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access);
    cr_assert_eq(map(VA, 0, 8).status, GNTST_bad_gntref);
    cr_assert_eq(map(VA, GNTMAP_readonly | GNTMAP_application_map | 0xffe0, 8).status,
                 GNTST_bad_gntref);
    h = map_ok(VA, RW | 0xffe0, 8);
    cr_assert_eq(unmap(VA, h), 0);
}

Test(grant, the_granter_must_exist_and_be_named_by_number)
{
    static const domid_t bad[] = {9, DOMID_SELF, DOMID_IO, DOMID_XEN, 0xffff};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        struct gnttab_map_grant_ref op = {.host_addr = VA, .flags = RW, .ref = 8, .dom = bad[i]};

        grant_map(v0, &op);
        audit();
        cr_assert_eq(op.status, GNTST_bad_domain);
    }
}

Test(grant, references_beyond_the_table_are_bad_until_it_has_grown)
{
    static const grant_ref_t bad[] = {512, 513, 0x7fffffff, 0x80000000, ~0u};
    uint64_t list[2];

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        cr_assert_eq(map(VA, RW, bad[i]).status, GNTST_bad_gntref);
    cr_assert_eq(grant_setup(d1, 2, list), GNTST_okay);
    cr_assert_eq(frame_of(MFN(list[1]))->owner, 1);
    offer(d1, 1023, 0, page, GTF_permit_access);
    map_ok(VA, RW, 1023);
    cr_assert_eq(map(VA, RW, 1024).status, GNTST_bad_gntref);
}

Test(grant, entries_that_grant_nothing_to_the_caller_are_refused_and_left_alone)
{
    static const struct {
        uint16_t flags;
        domid_t to;
    } bad[] = {
        {GTF_invalid, 0},         {GTF_permit_access, 2}, {GTF_permit_access, DOMID_SELF},
        {GTF_accept_transfer, 0}, {GTF_transitive, 0},    {GTF_permit_access | GTF_sub_page, 0},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        offer(d1, 8, bad[i].to, page, bad[i].flags);
        cr_assert_eq(map(VA, RO, 8).status, GNTST_general_error, "case %u", i);
        cr_assert_eq(entry(d1, 8)->flags, bad[i].flags);
        cr_assert_eq(*pte(d0, VA), 0);
    }
}

Test(grant, frames_that_are_not_the_granters_are_bad_pages)
{
    mfn_t bad[] = {MFN(FAKE_FRAMES), MFN(0xffffffff), MFN(FAKE_HOLE_FIRST),
                   new_frame(d2),    MFN(1),          heap_alloc(0, 0)};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        for (unsigned ro = 0; ro < 2; ro++) {
            offer(d1, 8, 0, bad[i], GTF_permit_access);
            cr_assert_eq(map(VA, ro ? RO : RW, 8).status, GNTST_bad_page, "frame %u", i);
            cr_assert_eq(entry(d1, 8)->flags, GTF_permit_access);
        }
    heap_free(bad[5], 0);
}

Test(grant, a_page_table_may_be_mapped_read_only_but_not_writable)
{
    offer(d1, 8, 0, l1_of[1], GTF_permit_access);
    cr_assert_eq(map(VA, RW, 8).status, GNTST_general_error);
    cr_assert_eq(entry(d1, 8)->flags, GTF_permit_access);
    map_ok(VA, RO, 8);
    cr_assert_eq(map(VA + PAGE_SIZE, RW, 8).status, GNTST_general_error);
    cr_assert_eq(in_use(8), GTF_reading, "the failed writer leaves the reader's flag");
}

Test(grant, a_grant_in_use_counts_by_what_it_was_not_by_what_the_guest_writes_later)
{
    mfn_t other = new_frame(d1);
    grant_handle_t a, b;

    offer(d1, 8, 0, page, GTF_permit_access);
    a = map_ok(VA, RW, 8);
    offer(d1, 8, 2, other, GTF_invalid); /* forbidden while in use */
    b = map_ok(VA + PAGE_SIZE, RW, 8);
    cr_assert_eq(pte_mfn(*pte(d0, VA + PAGE_SIZE)).n, page.n);
    cr_assert_eq(unmap(VA, a), 0);
    cr_assert_eq(unmap(VA + PAGE_SIZE, b), 0);
    cr_assert_eq(entry(d1, 8)->flags, GTF_invalid);
    cr_assert_eq(map(VA, RW, 8).status, GNTST_general_error);
}

Test(grant, only_one_domain_uses_a_grant_at_a_time)
{
    struct gnttab_map_grant_ref op = {.host_addr = VA, .flags = RO, .ref = 8, .dom = 1};

    offer(d1, 8, 0, page, GTF_permit_access);
    map_ok(VA, RW, 8);
    entry(d1, 8)->domid = 2;
    fake_current = d2->vcpus[0];
    grant_map(d2->vcpus[0], &op);
    cr_assert_eq(op.status, GNTST_general_error);
}

Test(grant, a_writer_joins_readers_only_if_the_grant_still_allows_it)
{
    grant_handle_t r, w;

    offer(d1, 8, 0, page, GTF_permit_access);
    r = map_ok(VA, RO, 8);
    entry(d1, 8)->flags |= GTF_readonly;
    cr_assert_eq(map(VA + PAGE_SIZE, RW, 8).status, GNTST_general_error);
    entry(d1, 8)->flags &= ~GTF_readonly;
    w = map_ok(VA + PAGE_SIZE, RW, 8);
    cr_assert_eq(in_use(8), GTF_reading | GTF_writing);
    cr_assert_eq(unmap(VA + PAGE_SIZE, w), 0);
    cr_assert_eq(in_use(8), GTF_reading);
    cr_assert_eq(unmap(VA, r), 0);
    cr_assert_eq(in_use(8), 0);
}

Test(grant, one_reference_is_mapped_at_most_128_times_in_one_way)
{
    offer(d1, 8, 0, page, GTF_permit_access);
    for (unsigned i = 0; i < 128; i++) {
        struct gnttab_map_grant_ref op = {
            .host_addr = VA + i * PAGE_SIZE, .flags = RW, .ref = 8, .dom = 1};

        grant_map(v0, &op);
        cr_assert_eq(op.status, 0);
    }
    cr_assert_eq(map(VA + 128 * PAGE_SIZE, RW, 8).status, GNTST_general_error);
    map_ok(VA + 128 * PAGE_SIZE, RO, 8);
}

Test(grant, handles_run_out_at_the_limit_and_come_back)
{
    offer(d1, 8, 0, page, GTF_permit_access);
    offer(d1, 9, 0, page, GTF_permit_access);
    offer(d1, 10, 0, page, GTF_permit_access);
    offer(d1, 11, 0, page, GTF_permit_access);
    for (unsigned i = 0; i < 512; i++) {
        struct gnttab_map_grant_ref op = {
            .host_addr = VA + i * PAGE_SIZE, .flags = RW, .ref = 8 + i / 128, .dom = 1};

        grant_map(v0, &op);
        cr_assert_eq(op.status, 0);
        cr_assert_eq(op.handle, i);
    }
    offer(d1, 12, 0, page, GTF_permit_access);
    cr_assert_eq(map(VA, RW, 12).status, GNTST_no_space);
    cr_assert_eq(unmap(VA + 300 * PAGE_SIZE, 300), 0);
    cr_assert_eq(map_ok(VA + 300 * PAGE_SIZE, RW, 12), 300);
}

Test(grant, mapping_over_a_present_entry_drops_what_it_held)
{
    mfn_t own = new_frame(d0);

    cr_assert_eq(
        entry_update(v0, d0, d0, frame_of(l1_of[0]), 0, pte_make(own, PTE_P | PTE_RW), false), 0);
    cr_assert_eq(refs(own), 2);
    offer(d1, 8, 0, page, GTF_permit_access);
    map_ok(VA, RW, 8);
    cr_assert_eq(refs(own), 1);
    map_ok(VA, RW, 8); /* over itself: the first handle has no entry any more */
    cr_assert_eq(refs(page), 2);
}

Test(grant, addresses_without_an_l1_entry_fail_and_leave_nothing)
{
    static const uint64_t bad[] = {
        0,
        0x200000,
        0x600000,
        1ull << 39,
        0x0000800000000000,
        0xffff7fffffffffff,
        HV_VIRT_START,
        HV_VIRT_END - 1,
        0xffffffffffffffff,
    };

    offer(d1, 8, 0, page, GTF_permit_access);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        cr_assert_eq(map(bad[i], RW, 8).status, GNTST_general_error, "address %u", i);
        cr_assert(refs(page) == 1 && in_use(8) == 0);
    }
}

/* ---- naming the entry itself ---- */

Test(grant, an_entry_named_by_machine_address_is_mapped_and_unmapped)
{
    uint64_t addr = pte_addr(d0, VA + 7 * PAGE_SIZE);
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access);
    h = map_ok(addr, RW | GNTMAP_contains_pte | GNTMAP_application_map, 8);
    cr_assert_eq(pte_mfn(*pte(d0, VA + 7 * PAGE_SIZE)).n, page.n);
    cr_assert_eq(unmap(addr, h), 0);
    cr_assert_eq(*pte(d0, VA + 7 * PAGE_SIZE), 0);
}

Test(grant, only_aligned_entries_of_ones_own_l1_tables_can_be_named)
{
    mfn_t plain = new_frame(d0);
    uint64_t l4 = v0->cr3_kernel;
    uint64_t bad[] = {
        pte_addr(d0, VA) + 1,
        pte_addr(d0, VA) + 4,
        pte_addr(d1, VA),
        l4 + 8,
        plain.n << PAGE_SHIFT,
        page.n << PAGE_SHIFT,
        FAKE_HOLE_FIRST << PAGE_SHIFT,
        (uint64_t)FAKE_FRAMES << PAGE_SHIFT,
        ~7ull,
        0,
        (1ull << 52) + pte_addr(d0, VA),
    };

    offer(d1, 8, 0, page, GTF_permit_access);
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        cr_assert_eq(map(bad[i], RW | GNTMAP_contains_pte, 8).status, GNTST_general_error,
                     "case %u", i);
    cr_assert_eq(frame_of(plain)->type & TYPE_COUNT_MASK, 0);
    cr_assert_eq(in_use(8), 0);
}

Test(grant, a_table_on_its_way_out_takes_no_mapping)
{
    mfn_t l4 = MFN(v0->cr3_kernel >> PAGE_SHIFT);
    mfn_t l2 = pte_mfn(table_at(pte_mfn(table_at(l4)[0]))[0]);

    offer(d1, 8, 0, page, GTF_permit_access);
    cr_assert_eq(entry_update(v0, d0, d0, frame_of(l2), 2, 0, false), 0);
    cr_assert(type_drain_needed(d0));
    cr_assert_eq(map(pte_addr(d0, VA), RW | GNTMAP_contains_pte, 8).status, GNTST_general_error);
    cr_assert_eq(type_drain(d0, false), 0);
    cr_assert_eq(map(pte_addr(d0, VA), RW | GNTMAP_contains_pte, 8).status, GNTST_general_error);
    cr_assert(refs(page) == 1 && *pte(d0, VA) == 0);
}

/* ---- device mappings ---- */

Test(grant, device_and_host_mapping_have_a_reference_each_and_go_one_by_one)
{
    uint64_t bus = page.n << PAGE_SHIFT;
    uint32_t domain_refs = d1->refs;
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access);
    h = map_ok(VA, RW | GNTMAP_device_map, 8);
    cr_assert(refs(page) == 3 && writers(page) == 2);
    cr_assert_eq(unmap_bus(0, bus + PAGE_SIZE, h), GNTST_bad_dev_addr);
    cr_assert_eq(unmap_bus(VA, bus + 1, h), GNTST_bad_dev_addr);
    cr_assert(*pte(d0, VA) & PTE_P);
    cr_assert_eq(unmap(0, h), 0, "naming nothing does nothing");
    cr_assert_eq(unmap(VA, h), 0);
    cr_assert(refs(page) == 2 && writers(page) == 1 && in_use(8) == (GTF_reading | GTF_writing));
    cr_assert_eq(unmap(VA, h), 0, "the host half is gone already");
    cr_assert_eq(unmap_bus(0, bus, h), 0);
    cr_assert(refs(page) == 1 && in_use(8) == 0);
    cr_assert_eq(unmap_bus(0, bus, h), GNTST_bad_handle);
    cr_assert_eq(d1->refs, domain_refs);
}

Test(grant, a_device_mapping_needs_no_address)
{
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access);
    h = map_ok(~0ull, GNTMAP_device_map | GNTMAP_readonly, 8);
    cr_assert_eq(unmap_bus(VA, page.n << PAGE_SHIFT, h), 0);
}

/* ---- unmapping what is not as it was ---- */

Test(grant, handles_that_name_nothing_are_bad)
{
    static const grant_handle_t bad[] = {0, 1, 255, 256, 512, 0x7fffffff, ~0u};

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        cr_assert_eq(unmap(VA, bad[i]), GNTST_bad_handle);
    offer(d1, 8, 0, page, GTF_permit_access);
    map_ok(VA, RW, 8);
    for (unsigned i = 1; i < ARRAY_SIZE(bad); i++)
        cr_assert_eq(unmap(VA, bad[i]), GNTST_bad_handle);
}

Test(grant, unmap_needs_the_entry_that_maps_the_frame_with_the_same_right)
{
    mfn_t own = new_frame(d0), other = new_frame(d1);
    grant_handle_t h, ro;

    offer(d1, 8, 0, page, GTF_permit_access);
    offer(d1, 9, 0, other, GTF_permit_access);
    h = map_ok(VA, RW, 8);
    map_ok(VA + PAGE_SIZE, RW, 9);
    ro = map_ok(VA + 2 * PAGE_SIZE, RO, 8);
    cr_assert_eq(
        entry_update(v0, d0, d0, frame_of(l1_of[0]), 3, pte_make(own, PTE_P | PTE_RW), false), 0);
    cr_assert_eq(unmap(VA + PAGE_SIZE, h), GNTST_general_error);
    cr_assert_eq(unmap(VA + 2 * PAGE_SIZE, h), GNTST_general_error);
    cr_assert_eq(unmap(VA, ro), GNTST_general_error);
    cr_assert_eq(unmap(VA + 3 * PAGE_SIZE, h), GNTST_general_error);
    cr_assert_eq(unmap(VA + 4 * PAGE_SIZE, h), GNTST_general_error);
    cr_assert_eq(unmap(0x1000, h), GNTST_general_error);
    cr_assert_eq(unmap(HV_VIRT_START, h), GNTST_general_error);
    *pte(d0, VA) |= PTE_A | PTE_D; /* as the machine does */
    cr_assert_eq(unmap(VA, h), 0);
    cr_assert_eq(unmap(VA + 2 * PAGE_SIZE, ro), 0);
}

Test(grant, an_entry_overwritten_by_ordinary_means_drops_the_frame_and_keeps_the_handle)
{
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access);
    h = map_ok(VA, RW, 8);
    cr_assert_eq(entry_update(v0, d0, d0, frame_of(l1_of[0]), 0, 0, false), 0);
    audit();
    cr_assert(refs(page) == 1 && writers(page) == 0);
    cr_assert_eq(in_use(8), GTF_reading | GTF_writing);
    cr_assert_eq(unmap(VA, h), GNTST_general_error);
    /* The granter may even lose the frame meanwhile: the next mapping finds out. */
    domain_release_frame(d1, frame_of(page));
    cr_assert_eq(map(VA, RW, 8).status, GNTST_general_error);
    d0->state = DOM_DYING;
    cr_assert_eq(grant_domain_release_maps(d0), 0);
    audit();
    cr_assert_eq(in_use(8), 0);
}

Test(grant, nothing_is_let_go_before_the_flush_of_the_batch)
{
    struct grant_unmap_batch b = {.count = 0};
    struct gnttab_unmap_grant_ref op = {.host_addr = VA};

    offer(d1, 8, 0, page, GTF_permit_access);
    op.handle = map_ok(VA, RW, 8);
    map_ok(VA + PAGE_SIZE, RW, 8);
    grant_unmap(v0, &op, &b);
    cr_assert_eq(op.status, 0);
    cr_assert_eq(*pte(d0, VA), 0);
    cr_assert(refs(page) == 3 && writers(page) == 2);
    grant_unmap(v0, &op, &b);
    cr_assert_eq(op.status, GNTST_bad_handle);
    op = (struct gnttab_unmap_grant_ref){.host_addr = VA + PAGE_SIZE, .handle = op.handle + 1};
    grant_unmap(v0, &op, &b);
    cr_assert_eq(in_use(8), GTF_reading | GTF_writing);
    cr_assert_eq(fake_flushes, 0);
    grant_unmap_flush(v0, &b);
    cr_assert_eq(fake_flushes, 1);
    cr_assert(refs(page) == 1 && in_use(8) == 0);
    grant_unmap_flush(v0, &b);
    cr_assert_eq(fake_flushes, 1);
}

Test(grant, unmap_and_replace_moves_another_entry_into_place)
{
    struct gnttab_unmap_and_replace op = {.host_addr = VA, .new_addr = VA + PAGE_SIZE};
    struct grant_unmap_batch b = {.count = 0};
    mfn_t own = new_frame(d0);
    uint64_t was;

    cr_assert_eq(
        entry_update(v0, d0, d0, frame_of(l1_of[0]), 1, pte_make(own, PTE_P | PTE_RW), false), 0);
    was = *pte(d0, VA + PAGE_SIZE);
    offer(d1, 8, 0, page, GTF_permit_access);
    op.handle = map_ok(VA, RW, 8);
    grant_unmap_and_replace(v0, &op, &b);
    grant_unmap_flush(v0, &b);
    audit();
    cr_assert_eq(op.status, 0);
    cr_assert_eq(*pte(d0, VA), was);
    cr_assert_eq(*pte(d0, VA + PAGE_SIZE), 0);
    cr_assert(refs(page) == 1 && refs(own) == 2);
}

Test(grant, a_replacement_that_cannot_be_had_changes_nothing_or_is_dropped)
{
    struct gnttab_unmap_and_replace op = {.host_addr = VA, .new_addr = 0x200000};
    struct grant_unmap_batch b = {.count = 0};
    mfn_t own = new_frame(d0);
    grant_handle_t by_pte;

    offer(d1, 8, 0, page, GTF_permit_access);
    op.handle = map_ok(VA, RW, 8);
    grant_unmap_and_replace(v0, &op, &b);
    cr_assert_eq(op.status, GNTST_general_error);
    cr_assert_eq(pte_mfn(*pte(d0, VA)).n, page.n);
    /* The right replacement for the wrong place: it is lost, with its references. */
    cr_assert_eq(
        entry_update(v0, d0, d0, frame_of(l1_of[0]), 1, pte_make(own, PTE_P | PTE_RW), false), 0);
    op.host_addr = VA + 2 * PAGE_SIZE;
    op.new_addr = VA + PAGE_SIZE;
    grant_unmap_and_replace(v0, &op, &b);
    cr_assert_eq(op.status, GNTST_general_error);
    cr_assert_eq(refs(own), 1);
    by_pte = map_ok(pte_addr(d0, VA + 5 * PAGE_SIZE), RW | GNTMAP_contains_pte, 8);
    op = (struct gnttab_unmap_and_replace){
        .host_addr = pte_addr(d0, VA + 5 * PAGE_SIZE), .new_addr = VA, .handle = by_pte};
    grant_unmap_and_replace(v0, &op, &b);
    cr_assert_eq(op.status, GNTST_general_error);
    cr_assert_eq(b.count, 0);
}

/* ---- ends ---- */

Test(grant, a_dead_mappers_grants_are_released_and_its_entries_hold_the_frames_until_they_go)
{
    uint32_t domain_refs = d1->refs;

    offer(d1, 8, 0, page, GTF_permit_access);
    map_ok(VA, RW | GNTMAP_device_map, 8);
    map_ok(VA + PAGE_SIZE, RO, 8);
    d0->state = DOM_DYING;
    fake_preempt_after = 0;
    for (unsigned calls = 1; grant_domain_release_maps(d0) == -ERESTART; calls++) {
        audit();
        cr_assert(calls < 5, "256 handles, 64 at once");
    }
    fake_preempt_after = -1;
    audit();
    cr_assert_eq(in_use(8), 0);
    cr_assert(refs(page) == 3 && writers(page) == 1, "the two entries");
    cr_assert_eq(d1->refs, domain_refs);
    frame_and_type_put(d0, frame_of(MFN(v0->cr3_kernel >> PAGE_SHIFT)));
    v0->cr3_kernel = 0;
    cr_assert_eq(type_drain(d0, false), 0);
    cr_assert(refs(page) == 1 && writers(page) == 0);
}

Test(grant, a_dying_granters_frame_lives_until_it_is_unmapped)
{
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access);
    h = map_ok(VA, RW, 8);
    *(uint32_t *)frame_va(page) = 0xabcd;
    d1->state = DOM_DYING;
    cr_assert(domain_release_frame(d1, frame_of(page)));
    audit();
    cr_assert_eq(frame_of(page)->owner, 1);
    cr_assert_eq(*(uint32_t *)frame_va(page), 0xabcd);
    cr_assert_eq(unmap(VA, h), 0);
    cr_assert_neq(frame_of(page)->owner, 1);
}

Test(grant, freeing_a_domains_tables_gives_back_all_frames)
{
    uint64_t list[4], free;

    cr_assert_eq(grant_setup(d2, 4, list), 0);
    grant_domain_free(d2);
    grant_domain_free(d2);
    free = heap_free_frames();
    cr_assert_eq(grant_domain_init(d2), 0);
    cr_assert_eq(grant_setup(d2, 4, list), 0);
    grant_domain_free(d2);
    cr_assert_eq(heap_free_frames(), free);
    cr_assert_eq(grant_domain_init(d2), 0);
}

/* ---- copying ---- */

static struct gnttab_copy_ptr by_ref(domid_t d, grant_ref_t ref, uint16_t offset)
{
    return (struct gnttab_copy_ptr){.u.ref = ref, .domid = d, .offset = offset};
}

static struct gnttab_copy_ptr by_frame(mfn_t m, uint16_t offset)
{
    return (struct gnttab_copy_ptr){.u.gmfn = m.n, .domid = DOMID_SELF, .offset = offset};
}

static int copy(struct gnttab_copy_ptr from, struct gnttab_copy_ptr to, uint16_t len,
                uint16_t flags)
{
    struct gnttab_copy op = {.source = from, .dest = to, .len = len, .flags = flags};
    uint32_t r0 = d0->refs, r1 = d1->refs;

    struct grant_copy_batch b = {.from = {.d = NULL}};

    grant_copy(v0, &op, &b);
    grant_copy_end(&b);
    audit();
    cr_assert(d0->refs == r0 && d1->refs == r1);
    return op.status;
}

#define FROM_REF GNTCOPY_source_gref
#define TO_REF GNTCOPY_dest_gref

static char *text(mfn_t m, unsigned offset)
{
    return (char *)frame_va(m) + offset;
}

Test(grant, copies_go_from_and_to_grants_and_own_frames)
{
    mfn_t own = new_frame(d0), other = new_frame(d1);

    offer(d1, 8, 0, page, GTF_permit_access | GTF_readonly);
    offer(d1, 9, 0, other, GTF_permit_access);
    strcpy(text(page, 100), "granted text");
    cr_assert_eq(copy(by_ref(1, 8, 100), by_frame(own, 7), 13, FROM_REF), 0);
    cr_assert_str_eq(text(own, 7), "granted text");
    cr_assert_eq(copy(by_frame(own, 7), by_ref(1, 9, 4096 - 13), 13, TO_REF), 0);
    cr_assert_str_eq(text(other, 4096 - 13), "granted text");
    cr_assert_eq(copy(by_ref(1, 8, 100), by_ref(1, 9, 0), 13, FROM_REF | TO_REF), 0);
    cr_assert_str_eq(text(other, 0), "granted text");
    cr_assert_eq(copy(by_frame(own, 7), by_frame(own, 9), 13, 0), 0);
    cr_assert_str_eq(text(own, 9), "granted text", "overlapping");
    cr_assert_eq(copy(by_ref(1, 8, 0), by_frame(own, 0), 4096, FROM_REF), 0);
    cr_assert_eq(memcmp(text(own, 0), text(page, 0), 4096), 0);
    cr_assert(in_use(8) == 0 && in_use(9) == 0);
    cr_assert(refs(page) == 1 && refs(own) == 1 && writers(own) == 0);
}

/* Whatever follows what in one batch, each entry does what it would do alone, and nothing stays. */
Test(grant, copies_in_a_batch_keep_what_the_next_one_names)
{
    mfn_t own = new_frame(d0), own2 = new_frame(d0), other = new_frame(d1);
    struct gnttab_copy_ptr ends[] = {by_frame(own, 0), by_frame(own2, 64), by_ref(1, 8, 128), by_ref(1, 9, 256),
                                     by_ref(1, 7, 0),  by_ref(5, 8, 0)};
    struct grant_copy_batch b = {.from = {.d = NULL}};
    unsigned x = 1, good = 0;

    offer(d1, 8, 0, page, GTF_permit_access | GTF_readonly);
    offer(d1, 9, 0, other, GTF_permit_access);
    for (unsigned i = 0; i < 3000; i++) {
        unsigned from = (x >> 8) % 6, to = (x >> 16) % 6, refs = x >> 24;
        struct gnttab_copy op = {.source = ends[from], .dest = ends[to], .len = 32};
        int status = 0;

        x = refs < 200 && i ? x * 1103515245 + 12345 : x + 0x1010101; /* often the same again */
        op.flags = (from >= 2 ? GNTCOPY_source_gref : 0) | (to >= 2 ? GNTCOPY_dest_gref : 0);
        if (from == 5 || to == 5)
            status = GNTST_bad_domain;
        else if (from == 4 || to == 4 || to == 2)
            status = GNTST_general_error;
        grant_copy(v0, &op, &b);
        cr_assert_eq(op.status, status, "from %u to %u: %d", from, to, op.status);
        if (!status) {
            mfn_t m[] = {own, own2, page, other};

            cr_assert_eq(memcmp(text(m[from], op.source.offset), text(m[to], op.dest.offset), 32), 0);
            *(unsigned *)text(m[from], op.source.offset) = i;
            good++;
        }
    }
    cr_assert(good > 300);
    grant_copy_end(&b);
    audit();
    cr_assert(in_use(8) == 0 && in_use(9) == 0);
    cr_assert(refs(page) == 1 && refs(own) == 1 && writers(own) == 0);
}

Test(grant, copies_leave_neither_page)
{
    mfn_t own = new_frame(d0);

    offer(d1, 8, 0, page, GTF_permit_access);
    cr_assert_eq(copy(by_ref(1, 8, 4096), by_frame(own, 0), 0, FROM_REF), 0);
    cr_assert_eq(copy(by_ref(1, 8, 4097), by_frame(own, 0), 0, FROM_REF), GNTST_bad_copy_arg);
    cr_assert_eq(copy(by_ref(1, 8, 1), by_frame(own, 0), 4096, FROM_REF), GNTST_bad_copy_arg);
    cr_assert_eq(copy(by_ref(1, 8, 0), by_frame(own, 1), 4096, FROM_REF), GNTST_bad_copy_arg);
    cr_assert_eq(copy(by_ref(1, 8, 0xffff), by_frame(own, 0xffff), 0xffff, FROM_REF),
                 GNTST_bad_copy_arg);
    cr_assert_eq(copy(by_ref(1, 8, 0xffff), by_frame(own, 0), 2, FROM_REF), GNTST_bad_copy_arg);
    cr_assert_eq(copy(by_ref(1, 8, 0), by_frame(own, 0xffff), 2, FROM_REF), GNTST_bad_copy_arg);
    cr_assert_eq(in_use(8), 0);
}

Test(grant, only_own_frames_are_named_by_number)
{
    mfn_t own = new_frame(d0);
    struct gnttab_copy_ptr theirs = by_frame(page, 0), self = by_frame(own, 0);

    theirs.domid = 1;
    cr_assert_eq(copy(theirs, self, 8, 0), GNTST_permission_denied);
    theirs.domid = 9;
    cr_assert_eq(copy(theirs, self, 8, 0), GNTST_bad_domain);
    theirs.domid = 1;
    cr_assert_eq(copy(self, theirs, 8, 0), GNTST_permission_denied);
    self.domid = 0;
    cr_assert_eq(copy(self, self, 8, 0), GNTST_permission_denied, "not even one's own by id");
    self.domid = DOMID_SELF;
    cr_assert_eq(copy(by_frame(page, 0), self, 8, 0), GNTST_bad_page);
    cr_assert_eq(copy(self, by_frame(page, 0), 8, 0), GNTST_bad_page);
    cr_assert_eq(copy(by_frame(MFN(~0ull), 0), self, 8, 0), GNTST_bad_page);
    cr_assert_eq(copy(by_frame(MFN(FAKE_HOLE_FIRST), 0), self, 8, 0), GNTST_bad_page);
    cr_assert_eq(copy(self, by_frame(l1_of[0], 0), 8, 0), GNTST_general_error);
    cr_assert_eq(copy(self, by_frame(MFN(FAKE_FRAMES), 0), 8, 0), GNTST_bad_page);
}

Test(grant, copies_need_a_grant_that_allows_them)
{
    mfn_t own = new_frame(d0);

    offer(d1, 8, 0, page, GTF_permit_access | GTF_readonly);
    offer(d1, 9, 2, page, GTF_permit_access);
    offer(d1, 10, 0, own, GTF_permit_access);
    offer(d1, 11, 0, l1_of[1], GTF_permit_access);
    cr_assert_eq(copy(by_frame(own, 0), by_ref(1, 8, 0), 8, TO_REF), GNTST_general_error);
    cr_assert_eq(copy(by_ref(1, 9, 0), by_frame(own, 0), 8, FROM_REF), GNTST_general_error);
    cr_assert_eq(copy(by_ref(1, 512, 0), by_frame(own, 0), 8, FROM_REF), GNTST_bad_gntref);
    cr_assert_eq(copy(by_ref(1, ~0u, 0), by_frame(own, 0), 8, FROM_REF), GNTST_bad_gntref);
    cr_assert_eq(copy(by_ref(9, 8, 0), by_frame(own, 0), 8, FROM_REF), GNTST_bad_domain);
    cr_assert_eq(copy(by_ref(1, 10, 0), by_frame(own, 0), 8, FROM_REF), GNTST_bad_page);
    cr_assert_eq(copy(by_frame(own, 0), by_ref(1, 11, 0), 8, TO_REF), GNTST_general_error);
    cr_assert_eq(copy(by_ref(DOMID_XEN, 8, 0), by_frame(own, 0), 8, FROM_REF), GNTST_bad_domain);
    for (grant_ref_t r = 8; r < 12; r++)
        cr_assert_eq(in_use(r), 0);
}

Test(grant, a_domain_may_copy_by_a_grant_to_itself)
{
    mfn_t a = new_frame(d0), b = new_frame(d0);

    offer(d0, 8, 0, a, GTF_permit_access);
    offer(d0, 9, 0, b, GTF_permit_access);
    strcpy(text(a, 0), "own");
    cr_assert_eq(copy(by_ref(0, 8, 0), by_ref(DOMID_SELF, 9, 0), 4, FROM_REF | TO_REF), 0);
    cr_assert_str_eq(text(b, 0), "own");
}

Test(grant, a_domain_may_map_its_own_grant)
{
    struct gnttab_map_grant_ref op = {.host_addr = VA, .flags = RW, .ref = 8, .dom = 0};
    mfn_t own = new_frame(d0);
    uint32_t domain_refs = d0->refs;

    offer(d0, 8, 0, own, GTF_permit_access);
    grant_map(v0, &op);
    audit();
    cr_assert_eq(op.status, 0);
    cr_assert_eq(unmap(VA, op.handle), 0);
    cr_assert_eq(d0->refs, domain_refs);
}

Test(grant, a_copy_from_a_mapped_grant_leaves_the_mapping_pinned)
{
    mfn_t own = new_frame(d0);
    grant_handle_t h;

    offer(d1, 8, 0, page, GTF_permit_access);
    h = map_ok(VA, RO, 8);
    cr_assert_eq(copy(by_ref(1, 8, 0), by_frame(own, 0), 8, FROM_REF), 0);
    cr_assert_eq(copy(by_frame(own, 0), by_ref(1, 8, 0), 8, TO_REF), 0);
    cr_assert_eq(in_use(8), GTF_reading);
    cr_assert_eq(unmap(VA, h), 0);
}

/* ---- a guest that changes its entry all the time ---- */

static bool stop;

static void *scribble(void *arg)
{
    struct grant_entry_v1 *e = arg;

    for (uint32_t i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
        __atomic_store_n(&e->flags, (uint16_t)(i % 3 ? GTF_permit_access : i), __ATOMIC_RELAXED);
        __atomic_store_n(&e->frame, i % 5 ? (uint32_t)page.n : i * 2654435761u, __ATOMIC_RELAXED);
        __atomic_store_n(&e->domid, (domid_t)(i % 7 == 0), __ATOMIC_RELAXED);
    }
    return NULL;
}

Test(grant, an_entry_that_changes_under_us_is_mapped_whole_or_refused)
{
    unsigned done = 0;
    pthread_t guest;

    offer(d1, 8, 0, page, GTF_permit_access);
    cr_assert_eq(pthread_create(&guest, NULL, scribble, entry(d1, 8)), 0);
    for (unsigned i = 0; i < 20000 || !done; i++) { /* the guest's thread may not have run, or rest where nothing is granted */
        struct gnttab_map_grant_ref op = {
            .host_addr = VA, .flags = i & 1 ? RO : RW, .ref = 8, .dom = 1};
        struct gnttab_unmap_grant_ref u = {.host_addr = VA};
        struct grant_unmap_batch b = {.count = 0};

        grant_map(v0, &op);
        if (op.status) {
            cr_assert(op.status == GNTST_general_error || op.status == GNTST_bad_page);
            continue;
        }
        done++;
        cr_assert_eq(frame_of(MFN(op.dev_bus_addr >> PAGE_SHIFT))->owner, 1);
        u.handle = op.handle;
        grant_unmap(v0, &u, &b);
        grant_unmap_flush(v0, &b);
        cr_assert_eq(u.status, 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    pthread_join(guest, NULL);
    cr_assert_gt(done, 0);
    audit();
}

/* ---- the hypercall ---- */

static long op(unsigned cmd, gva_t arg, unsigned count)
{
    long rc;

    v0->hc_restart = 0;
    rc = hc_grant_table_op(v0, cmd, arg, count, 0, 0);
    audit();
    return rc;
}

Test(grant, setup_table_lists_frames_and_answers_in_status)
{
    gva_t list = fake_guest_alloc(4 * 8), g;
    struct gnttab_setup_table s = {.dom = DOMID_SELF, .nr_frames = 3}, *out;
    mfn_t m;

    s.frame_list.p = (void *)list;
    g = fake_guest_put(&s, sizeof(s));
    out = fake_guest_ptr(g);
    cr_assert_eq(op(GNTTABOP_setup_table, g, 1), 0);
    cr_assert_eq(out->status, 0);
    cr_assert_eq(grant_frames(d0), 3);
    cr_assert_eq(grant_frame_mfn(d0, 2, &m), 0);
    cr_assert_eq(((uint64_t *)fake_guest_ptr(list))[2], m.n);
    out->nr_frames = 0;
    cr_assert_eq(op(GNTTABOP_setup_table, g, 1), 0);
    cr_assert_eq(out->status, 0);
    out->nr_frames = 5;
    cr_assert_eq(op(GNTTABOP_setup_table, g, 1), 0);
    cr_assert_eq(out->status, GNTST_general_error);
    out->nr_frames = 1;
    out->dom = 9;
    cr_assert_eq(op(GNTTABOP_setup_table, g, 1), 0);
    cr_assert_eq(out->status, GNTST_bad_domain);
    out->dom = 1;
    cr_assert_eq(op(GNTTABOP_setup_table, g, 1), 0);
    cr_assert_eq(out->status, 0, "the control domain may");
    out->frame_list.p = (void *)0x1000;
    cr_assert_eq(op(GNTTABOP_setup_table, g, 1), 0);
    cr_assert_eq(out->status, GNTST_bad_virt_addr);
    out->frame_list.p = (void *)HV_VIRT_START;
    cr_assert_eq(op(GNTTABOP_setup_table, g, 1), -EFAULT);
    cr_assert_eq(op(GNTTABOP_setup_table, g, 2), -EINVAL);
    cr_assert_eq(op(GNTTABOP_setup_table, g, 0), -EINVAL);
    out->dom = 0;
    out->frame_list.p = (void *)list;
    cr_assert_eq(hc_grant_table_op(v1, GNTTABOP_setup_table, g, 1, 0, 0), 0);
    cr_assert_eq(out->status, GNTST_permission_denied);
}

Test(grant, query_size_and_versions)
{
    struct gnttab_query_size q = {.dom = DOMID_SELF}, *out;
    struct gnttab_get_version gv = {.dom = 1};
    gva_t g = fake_guest_put(&q, sizeof(q)), w = fake_guest_put(&(uint32_t){1}, 4), x;
    uint32_t *version = fake_guest_ptr(w);

    out = fake_guest_ptr(g);
    cr_assert_eq(op(GNTTABOP_query_size, g, 1), 0);
    cr_assert(out->status == 0 && out->nr_frames == 1 && out->max_nr_frames == 4);
    cr_assert_eq(op(GNTTABOP_query_size, g, 3), -EINVAL);
    cr_assert_eq(op(GNTTABOP_set_version, w, 1), 0);
    *version = 2;
    cr_assert_eq(op(GNTTABOP_set_version, w, 1), -ENOSYS);
    cr_assert_eq(*version, 1);
    *version = 3;
    cr_assert_eq(op(GNTTABOP_set_version, w, 1), -EINVAL);
    x = fake_guest_put(&gv, sizeof(gv));
    cr_assert_eq(op(GNTTABOP_get_version, x, 1), 0);
    cr_assert_eq(((struct gnttab_get_version *)fake_guest_ptr(x))->version, 1);
    cr_assert_eq(hc_grant_table_op(
                     v1, GNTTABOP_get_version,
                     fake_guest_put(&(struct gnttab_get_version){.dom = 0}, sizeof(gv)), 1, 0, 0),
                 -EPERM);
    ((struct gnttab_get_version *)fake_guest_ptr(x))->dom = 9;
    cr_assert_eq(op(GNTTABOP_get_version, x, 1), -ESRCH);
}

Test(grant, what_is_not_supported_says_so_as_xen_does)
{
    struct gnttab_transfer t = {.mfn = page.n, .domid = 1};
    struct gnttab_get_status_frames f = {.nr_frames = 1, .dom = DOMID_SELF};
    struct gnttab_cache_flush c = {
        .a.dev_bus_addr = page.n << PAGE_SHIFT, .length = 64, .op = GNTTAB_CACHE_CLEAN};
    gva_t g = fake_guest_put(&t, sizeof(t)), h = fake_guest_put(&f, sizeof(f));
    gva_t k = fake_guest_put(&c, sizeof(c));
    struct gnttab_cache_flush *cache = fake_guest_ptr(k);

    cr_assert_eq(op(GNTTABOP_transfer, g, 1), 0);
    cr_assert_eq(((struct gnttab_transfer *)fake_guest_ptr(g))->status, GNTST_bad_page);
    cr_assert_eq(op(GNTTABOP_get_status_frames, h, 1), 0);
    cr_assert_eq(((struct gnttab_get_status_frames *)fake_guest_ptr(h))->status,
                 GNTST_general_error);
    cr_assert_eq(op(GNTTABOP_cache_flush, k, 1), 0);
    cache->offset = 4095;
    cr_assert_eq(op(GNTTABOP_cache_flush, k, 1), -EINVAL);
    *cache = c;
    cache->op = GNTTAB_CACHE_INVAL;
    cr_assert_eq(op(GNTTABOP_cache_flush, k, 1), -EOPNOTSUPP);
    cr_assert_eq(op(GNTTABOP_dump_table, g, 1), -ENOSYS);
    for (unsigned cmd = 13; cmd < 40; cmd++)
        cr_assert_eq(op(cmd, g, 1), -ENOSYS);
    cr_assert_eq(op(1u << 12, g, 1), -EINVAL);
    cr_assert_eq(op(GNTTABOP_map_grant_ref | 1u << 31, g, 1), -EINVAL);
    cr_assert_eq(op(GNTTABOP_map_grant_ref, g, 0x80000000), -EINVAL);
    cr_assert_eq(op(GNTTABOP_map_grant_ref, g, ~0u), -EINVAL);
    cr_assert_eq(op(GNTTABOP_map_grant_ref, HV_VIRT_START - 32, 2), -EFAULT);
    cr_assert_eq(op(GNTTABOP_map_grant_ref, 0, 0), 0);
}

Test(grant, entries_swap_unless_they_are_in_use_or_beyond_the_table)
{
    struct gnttab_swap_grant_ref s = {.ref_a = 8, .ref_b = 9}, *out;
    gva_t g = fake_guest_put(&s, sizeof(s));

    out = fake_guest_ptr(g);
    offer(d0, 8, 2, page, GTF_permit_access);
    cr_assert_eq(op(GNTTABOP_swap_grant_ref, g, 1), 0);
    cr_assert_eq(out->status, 0);
    cr_assert(entry(d0, 9)->domid == 2 && entry(d0, 9)->frame == page.n &&
              entry(d0, 8)->flags == 0);
    out->ref_b = 512;
    cr_assert_eq(op(GNTTABOP_swap_grant_ref, g, 1), 0);
    cr_assert_eq(out->status, GNTST_bad_gntref);
    offer(d1, 8, 0, page, GTF_permit_access);
    map_ok(VA, RO, 8);
    cr_assert_eq(grant_swap(d1, 9, 8), GNTST_eagain);
    cr_assert_eq(grant_swap(d1, 8, 8), GNTST_okay);
}

static gva_t map_array(unsigned n)
{
    gva_t g = fake_guest_alloc(n * sizeof(struct gnttab_map_grant_ref));
    struct gnttab_map_grant_ref *m = fake_guest_ptr(g);

    for (unsigned i = 0; i < n; i++)
        m[i] = (struct gnttab_map_grant_ref){
            .host_addr = VA + i * PAGE_SIZE, .flags = RW, .ref = 8, .dom = 1};
    return g;
}

static gva_t unmap_array(gva_t maps, unsigned n)
{
    gva_t g = fake_guest_alloc(n * sizeof(struct gnttab_unmap_grant_ref));
    struct gnttab_unmap_grant_ref *u = fake_guest_ptr(g);
    struct gnttab_map_grant_ref *m = fake_guest_ptr(maps);

    for (unsigned i = 0; i < n; i++)
        u[i] = (struct gnttab_unmap_grant_ref){.host_addr = m[i].host_addr, .handle = m[i].handle};
    return g;
}

Test(grant, batches_continue_where_they_were_interrupted_and_flush_once_for_32)
{
    unsigned n = 100;
    gva_t m = map_array(n), u;
    struct gnttab_map_grant_ref *maps = fake_guest_ptr(m);

    offer(d1, 8, 0, page, GTF_permit_access);
    fake_preempt_after = 2; /* asked after each 16 */
    cr_assert_eq(op(GNTTABOP_map_grant_ref, m, n), -ERESTART);
    cr_assert_eq(v0->hc_args[0], GNTTABOP_map_grant_ref);
    cr_assert_eq(v0->hc_args[1], m + 48 * sizeof(*maps));
    cr_assert_eq(v0->hc_args[2], n - 48);
    fake_preempt_after = -1;
    cr_assert_eq(op(GNTTABOP_map_grant_ref, v0->hc_args[1], (unsigned)v0->hc_args[2]), 0);
    for (unsigned i = 0; i < n; i++)
        cr_assert(maps[i].status == 0 && maps[i].handle == i);
    u = unmap_array(m, n);
    fake_flushes = 0;
    cr_assert_eq(op(GNTTABOP_unmap_grant_ref, u, n), 0);
    cr_assert_eq(fake_flushes, 4);
    cr_assert_eq(in_use(8), 0);
}

Test(grant, a_fault_in_the_array_stops_the_batch_with_what_was_done_completed)
{
    unsigned n = 10;
    gva_t m = map_array(n), u;

    offer(d1, 8, 0, page, GTF_permit_access);
    cr_assert_eq(op(GNTTABOP_map_grant_ref, m, n), 0);
    u = unmap_array(m, n);
    fake_guest_limit = u + 5 * sizeof(struct gnttab_unmap_grant_ref);
    cr_assert_eq(op(GNTTABOP_unmap_grant_ref, u, n), -EFAULT);
    cr_assert_eq(refs(page), 1 + 5);
    cr_assert_eq(op(GNTTABOP_map_grant_ref, 0x1000, 1), -EFAULT);
    cr_assert_eq(op(GNTTABOP_copy, 0x1000, 1), -EFAULT);
    cr_assert_eq(op(GNTTABOP_query_size, 0x1000, 1), -EFAULT);
}

Test(grant, copies_in_a_batch_report_each_entry)
{
    mfn_t own = new_frame(d0);
    struct gnttab_copy c[3] = {
        {.source = by_ref(1, 8, 0), .dest = by_frame(own, 0), .len = 5, .flags = FROM_REF},
        {.source = by_ref(1, 600, 0), .dest = by_frame(own, 0), .len = 5, .flags = FROM_REF},
        {.source = by_ref(1, 8, 1), .dest = by_frame(own, 64), .len = 4, .flags = FROM_REF},
    };
    gva_t g = fake_guest_put(c, sizeof(c));
    struct gnttab_copy *out = fake_guest_ptr(g);

    offer(d1, 8, 0, page, GTF_permit_access);
    strcpy(text(page, 0), "grab");
    cr_assert_eq(op(GNTTABOP_copy, g, 3), 0);
    cr_assert(out[0].status == 0 && out[1].status == GNTST_bad_gntref && out[2].status == 0);
    cr_assert_str_eq(text(own, 64), "rab");
}

Test(grant, frames_for_the_toolstack_grow_the_table_up_to_its_limit)
{
    mfn_t m;

    cr_assert_eq(grant_frame_mfn(d1, 3, &m), 0);
    cr_assert_eq(grant_frames(d1), 4);
    cr_assert_eq(grant_frame_mfn(d1, 4, &m), -EINVAL);
    cr_assert_eq(grant_frame_mfn(d1, ~0u, &m), -EINVAL);
    cr_assert_eq(grant_setup(d1, 5, NULL), GNTST_general_error);
    cr_assert_eq(grants_dump(d1, 10), 9);
}
