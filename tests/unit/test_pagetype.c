/* SPDX-License-Identifier: MIT */
/* LINK: core/frame.c core/heap.c core/tlb.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c core/frame_audit.c */
/* Checks [FRM-2] [TYP-1] [TYP-2] [TYP-3] [TYP-4] [TYP-5] [TYP-6]. */
#include "core/tlb.h"
#include "tables.h"
#include <criterion/criterion.h>

static struct domain *d0, *d1;
static struct vcpu *v1;

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 1, false);
    v1 = d1->vcpus[0];
    fake_current = v1;
}

static void audit(void)
{
    fake_quiet = false;
    cr_assert_eq(frames_audit(), 0);
    fake_quiet = true;
}

static void drain(void)
{
    cr_assert_eq(type_drain(d1, false), 0);
    cr_assert_not(type_drain_needed(d1));
    audit();
}

TestSuite(pagetype, .init = setup);

Test(pagetype, pinning_an_l4_types_the_whole_tree_and_unpinning_untypes_it)
{
    struct tree t = new_tree(d1);
    mfn_t data = new_page(d1);

    table(t.l1)[3] = pte_make(data, RW);
    table(t.l1)[4] = pte_make(data, RO);
    table(t.l1)[5] = pte_make(t.l4, RO);
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
    audit();
    cr_assert_eq(type_of(t.l1), TYPE_L1 | TYPE_VALIDATED | 1);
    cr_assert_eq(type_of(t.l4), TYPE_L4 | TYPE_VALIDATED | TYPE_PINNED | 1);
    cr_assert_eq(type_of(data), TYPE_WRITABLE | TYPE_VALIDATED | 1);
    cr_assert_eq(refs_of(data), 3);
    cr_assert(table(t.l1)[3] & PTE_US);
    cr_assert_eq(table_unpin(d1, t.l4), 0);
    audit();
    drain();
    cr_assert_eq(count_of(t.l1), 0);
    cr_assert_eq(refs_of(data), 1);
    cr_assert_eq(refs_of(t.l4), 1);
}

Test(pagetype, pin_twice_and_unpin_twice_are_einval)
{
    struct tree t = new_tree(d1);

    cr_assert_eq(table_pin(d1, t.l1, TYPE_L1), 0);
    cr_assert_eq(table_pin(d1, t.l1, TYPE_L1), -EINVAL);
    cr_assert_eq(fake_refusal_last, REASON_TABLE_ALREADY_PINNED);
    cr_assert_eq(table_pin(d1, t.l1, TYPE_L2), -EINVAL);
    cr_assert_eq(table_unpin(d1, t.l1), 0);
    cr_assert_eq(table_unpin(d1, t.l1), -EINVAL);
    cr_assert_eq(fake_refusal_last, REASON_TABLE_NOT_PINNED);
    cr_assert_eq(table_pin(d0, t.l1, TYPE_L1), -EINVAL, "not d0's");
    drain();
}

Test(pagetype, a_writable_frame_cannot_become_a_table_nor_a_table_writable)
{
    struct tree t = new_tree(d1);
    uint64_t e = pte_make(t.l1, RW), ro = pte_make(t.l1, RO);

    cr_assert_eq(l1e_get(d1, d1, &e), 0);
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), -EINVAL);
    cr_assert_eq(type_drain(d1, false), 0);
    l1e_put(d1, e);
    audit();
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
    cr_assert_eq(l1e_get(d1, d1, &e), -EBUSY);
    cr_assert_eq(l1e_get(d1, d1, &ro), 0);
    l1e_put(d1, ro);
    audit();
}

Test(pagetype, a_bad_entry_anywhere_undoes_everything)
{
    static const uint64_t bad_flags[] = { PTE_PS, PTE_PWT, PTE_PCD, PTE_G };

    for (unsigned i = 0; i < 4; i++) {
        struct tree t = new_tree(d1);

        table(t.l1)[7] = pte_make(t.l4, RO);
        table(t.l2)[511] = pte_make(t.l1, RW | bad_flags[i]);
        cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), -EINVAL);
        drain();
        cr_assert_eq(refs_of(t.l1), 1);
        cr_assert_eq(refs_of(t.l4), 1);
        table(t.l2)[511] = pte_make(MFN(FAKE_FRAMES + 5), RW);
        cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), -EINVAL);
        drain();
        table(t.l2)[511] = 0;
        cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
        audit();
    }
}

Test(pagetype, tables_that_map_themselves_writable_are_refused)
{
    struct tree t = new_tree(d1);

    table(t.l1)[0] = pte_make(t.l1, RW);
    cr_assert_eq(table_pin(d1, t.l1, TYPE_L1), -EBUSY);
    table(t.l1)[0] = pte_make(t.l2, RW);
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), -EBUSY);
    drain();
    table(t.l1)[0] = pte_make(t.l2, RO);
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
    audit();
}

Test(pagetype, a_table_may_point_to_itself_only_for_reading)
{
    struct tree t = new_tree(d1), o = new_tree(d1);

    table(t.l4)[5] = pte_make(t.l4, RW);
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), -EINVAL);
    cr_assert_eq(fake_refusal_last, REASON_PTE_LINEAR);
    drain();
    table(t.l4)[5] = pte_make(t.l4, RO);
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
    cr_assert_eq(count_of(t.l4), 1, "it holds no reference");
    audit();
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(t.l4), 5, pte_make(t.l4, RW), false), -EINVAL);
    cr_assert_eq(table_pin(d1, o.l4, TYPE_L4), 0);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(t.l4), 5, pte_make(o.l4, RO), false), -EINVAL);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(t.l4), 5, 0, false), 0);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(t.l2), 5, pte_make(t.l2, RO), false), 0);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(t.l2), 5, pte_make(t.l2, RO | PTE_A), false), 0);
    audit();
    cr_assert_eq(table_unpin(d1, t.l4), 0);
    drain();
    cr_assert_eq(refs_of(t.l2), 1);
}

/* Runs of absent entries are passed over eight at a time. */
Test(pagetype, no_entry_of_a_sparse_l1_is_missed)
{
    mfn_t l1 = new_page(d1), data = new_page(d1);

    for (unsigned i = 0; i < 512; i++)
        for (unsigned j = i; j < i + 20 && j < 512; j++) {
            table(l1)[i] = table(l1)[j] = pte_make(data, RW);
            cr_assert_eq(table_pin(d1, l1, TYPE_L1), 0);
            cr_assert_eq(refs_of(data), i == j ? 2 : 3);
            cr_assert_eq(count_of(data), i == j ? 1 : 2);
            cr_assert_eq(table_unpin(d1, l1), 0);
            cr_assert_eq(type_drain(d1, false), 0);
            cr_assert_eq(refs_of(data), 1);
            table(l1)[j] = pte_make(l1, RW);
            cr_assert_eq(table_pin(d1, l1, TYPE_L1), -EBUSY, "the last one is bad");
            cr_assert_eq(refs_of(data), 1);
            table(l1)[i] = table(l1)[j] = 0;
        }
    audit();
}

Test(pagetype, another_domains_frame_is_neither_mapped_nor_a_table)
{
    struct tree t = new_tree(d1);
    mfn_t other = new_page(d0);

    table(t.l1)[0] = pte_make(other, RO);
    cr_assert_eq(table_pin(d1, t.l1, TYPE_L1), -EBUSY);
    table(t.l1)[0] = 0;
    table(t.l2)[9] = pte_make(other, RW);
    cr_assert_eq(table_pin(d1, t.l2, TYPE_L2), -EINVAL);
    drain();
}

Test(pagetype, hypervisor_slots_of_an_l4_are_overwritten_and_refuse_changes)
{
    struct tree t = new_tree(d1);

    table(t.l4)[260] = 0x1234567;
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
    cr_assert_eq(table(t.l4)[260], 0);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(t.l4), 260, 0, false), -EINVAL);
    cr_assert_eq(fake_refusal_last, REASON_PTE_HV_SLOT);
    audit();
}

Test(pagetype, validation_preempted_anywhere_resumes_to_the_same_result)
{
    for (int at = 0; at < 40; at++) {
        struct tree t = new_tree(d1);
        mfn_t data = new_page(d1);
        int rc, turns = 0;

        for (unsigned i = 0; i < 12; i++) {
            mfn_t l1 = new_page(d1);

            table(l1)[i] = pte_make(data, RW);
            table(t.l2)[i * 40] = pte_make(l1, RW);
        }
        fake_preempt_after = at;
        while ((rc = table_pin(d1, t.l4, TYPE_L4)) == -ERESTART) {
            audit();
            fake_preempt_after = at % 3;
            cr_assert_lt(++turns, 200);
        }
        fake_preempt_after = -1;
        cr_assert_eq(rc, 0);
        audit();
        cr_assert_eq(count_of(data), 12);
        cr_assert_eq(table_unpin(d1, t.l4), 0);
        fake_preempt_after = at % 5;
        while (type_drain(d1, true) == -ERESTART) {
            audit();
            fake_preempt_after = at % 5;
        }
        fake_preempt_after = -1;
        audit();
        cr_assert_eq(count_of(data), 0);
    }
}

Test(pagetype, a_validation_never_finished_is_undone_with_the_frame)
{
    struct tree t = new_tree(d1);

    table(t.l4)[1] = pte_make(t.l3, RW);
    fake_preempt_after = 0;
    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), -ERESTART);
    fake_preempt_after = -1;
    audit();
    cr_assert_eq(type_get(d1, frame_of(t.l4), TYPE_WRITABLE, false), -EINVAL);
    cr_assert(domain_release_frame(d1, frame_of(t.l4)));
    cr_assert_eq(type_drain(d1, false), 0);
    cr_assert(domain_release_frame(d1, frame_of(t.l3)));
    cr_assert_eq(type_drain(d1, false), 0);
    cr_assert(domain_release_frame(d1, frame_of(t.l2)));
    cr_assert_eq(type_drain(d1, false), 0);
    cr_assert(domain_release_frame(d1, frame_of(t.l1)));
    cr_assert_eq(type_drain(d1, false), 0);
    audit();
    cr_assert_eq(d1->tot_pages, 0);
}

Test(pagetype, a_queued_table_is_revived_by_its_own_type_and_drained_for_another)
{
    struct tree t = new_tree(d1);
    mfn_t data = new_page(d1);

    table(t.l1)[0] = pte_make(data, RW);
    cr_assert_eq(table_pin(d1, t.l1, TYPE_L1), 0);
    cr_assert_eq(table_unpin(d1, t.l1), 0);
    cr_assert(type_drain_needed(d1));
    cr_assert_eq(table_pin(d1, t.l1, TYPE_L1), 0);
    audit();
    drain();
    cr_assert_eq(count_of(data), 1);
    cr_assert_eq(table_unpin(d1, t.l1), 0);
    cr_assert_eq(frame_and_type_get(d1, t.l1, TYPE_WRITABLE, false), 0);
    cr_assert_eq(count_of(data), 0);
    frame_and_type_put(d1, frame_of(t.l1));
    drain();
}

Test(pagetype, a_caller_who_cannot_be_preempted_drops_few_of_many_queued_tables)
{
    struct frame *first = NULL;
    mfn_t m = MFN_INVALID;

    for (unsigned i = 0; i < 400; i++) {
        m = new_page(d1);
        first = first ? first : frame_of(m);
        cr_assert_eq(table_pin(d1, m, TYPE_L1), 0);
        cr_assert_eq(table_unpin(d1, m), 0);
    }
    cr_assert_eq(d1->mm.dead_count, 400);
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_WRITABLE, false), 0, "the last one comes first");
    frame_and_type_put(d1, frame_of(m));
    cr_assert_eq(d1->mm.dead_count, 399);
    cr_assert_eq(frame_and_type_get(d1, frame_mfn(first), TYPE_WRITABLE, false), -EINVAL);
    cr_assert_gt(d1->mm.dead_count, 100);
    audit();
    cr_assert_eq(frame_and_type_get(d1, frame_mfn(first), TYPE_WRITABLE, false), 0);
    frame_and_type_put(d1, first);
    drain();
}

Test(pagetype, a_frame_at_the_limit_of_its_counts_can_be_unpinned)
{
    mfn_t m = new_page(d1);
    struct frame *f = frame_of(m);

    cr_assert_eq(table_pin(d1, m, TYPE_L1), 0);
    f->type += TYPE_COUNT_LIMIT - 1;
    f->refs += TYPE_COUNT_LIMIT - 1;
    cr_assert_not(frame_get(f, d1));
    cr_assert_eq(table_unpin(d1, m), 0);
    f->type -= TYPE_COUNT_LIMIT - 2;
    f->refs -= TYPE_COUNT_LIMIT - 2;
    frame_and_type_put(d1, f);
    drain();
}

Test(pagetype, type_changes_flush_cpus_that_have_not_flushed_since)
{
    mfn_t m = new_page(d1);

    d1->dirty_cpus = 5;
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_WRITABLE, false), 0);
    frame_and_type_put(d1, frame_of(m));
    cr_assert_eq(fake_flushes, 0);
    cr_assert_eq(table_pin(d1, m, TYPE_L1), 0);
    cr_assert_eq(fake_flushes, 1);
    cr_assert_eq(fake_flush_mask, 5);
    cr_assert_eq(table_unpin(d1, m), 0);
    drain();
    tlb_flushed(0, tlb_tick());
    tlb_flushed(2, tlb_tick());
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_WRITABLE, false), 0);
    cr_assert_eq(fake_flushes, 1);
    frame_and_type_put(d1, frame_of(m));
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_WRITABLE, false), 0);
    cr_assert_eq(fake_flushes, 1, "same type");
    frame_and_type_put(d1, frame_of(m));
}

Test(pagetype, descriptor_pages_are_checked_and_exclude_writing)
{
    mfn_t m = new_page(d1);

    table(m)[9] = FAKE_BAD_DESCRIPTOR;
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_SEGDESC, false), -EINVAL);
    audit();
    table(m)[9] = 0;
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_SEGDESC, false), 0);
    cr_assert_eq(type_get(d1, frame_of(m), TYPE_WRITABLE, false), -EINVAL);
    frame_and_type_put(d1, frame_of(m));
    cr_assert_eq(frame_and_type_get(d1, m, TYPE_WRITABLE, false), 0);
    frame_and_type_put(d1, frame_of(m));
    audit();
}

/* ---- entries ---- */

struct l1 { struct tree t; struct frame *f; mfn_t a, b; };

static struct l1 live_l1(void)
{
    struct l1 l = { .t = new_tree(d1), .a = new_page(d1), .b = new_page(d1) };

    cr_assert_eq(table_pin(d1, l.t.l4, TYPE_L4), 0);
    l.f = frame_of(l.t.l1);
    return l;
}

static int set(struct l1 *l, unsigned i, uint64_t val)
{
    int rc = entry_update(v1, d1, d1, l->f, i, val, false);

    audit();
    return rc;
}

Test(pagetype, l1_entries_count_what_they_map)
{
    struct l1 l = live_l1();

    cr_assert_eq(set(&l, 0, pte_make(l.a, RW)), 0);
    cr_assert_eq(count_of(l.a), 1);
    cr_assert_eq(set(&l, 0, pte_make(l.a, RO | PTE_NX)), 0);
    cr_assert_eq(count_of(l.a), 0);
    cr_assert_eq(refs_of(l.a), 2);
    cr_assert_eq(set(&l, 0, pte_make(l.b, RW | PTE_D)), 0);
    cr_assert_eq(refs_of(l.a), 1);
    cr_assert_eq(set(&l, 0, 0xdead000 /* not present: anything goes */), 0);
    cr_assert_eq(table(l.t.l1)[0], 0xdead000);
    cr_assert_eq(count_of(l.b), 0);
}

Test(pagetype, flags_of_an_l1_entry)
{
    struct l1 l = live_l1();

    cr_assert_eq(set(&l, 1, pte_make(l.a, RW | (6ull << 52) | (3u << 9))), 0);
    cr_assert_eq(table(l.t.l1)[1], pte_make(l.a, RW | KERNEL | (6ull << 52) | (3u << 9)));
    cr_assert_eq(set(&l, 1, pte_make(l.a, RW | PTE_US)), 0);
    cr_assert_eq(table(l.t.l1)[1], pte_make(l.a, RW | PTE_US | PTE_G));
    cr_assert_eq(set(&l, 1, pte_make(l.a, RW | PTE_PCD)), -EINVAL);
    cr_assert_eq(set(&l, 1, pte_make(l.a, RW | PTE_PWT)), -EINVAL);
    cr_assert_eq(set(&l, 1, pte_make(l.a, RW | PTE_PAT)), -EINVAL);
    table(l.t.l1)[1] |= PTE_A | PTE_D;
    cr_assert_eq(entry_update(v1, d1, d1, l.f, 1, pte_make(l.a, RO), true), 0);
    cr_assert_eq(table(l.t.l1)[1], pte_make(l.a, RO | KERNEL | PTE_A | PTE_D));
    audit();
}

Test(pagetype, mapping_a_table_or_a_foreign_or_a_free_frame_is_ebusy)
{
    struct l1 l = live_l1();
    mfn_t other = new_page(d0);

    cr_assert_eq(set(&l, 0, pte_make(l.t.l2, RW)), -EBUSY);
    cr_assert_eq(set(&l, 0, pte_make(l.t.l2, RO)), 0);
    cr_assert_eq(set(&l, 1, pte_make(other, RO)), -EBUSY);
    cr_assert_eq(set(&l, 1, pte_make(MFN(FAKE_FRAMES / 2 + 77), RO)), -EBUSY);
    cr_assert_eq(set(&l, 1, pte_make(MFN(2), RO)), -EBUSY, "the hypervisor's own");
    cr_assert_eq(entry_update(v1, d1, dom_xen, l.f, 1, pte_make(MFN(2), RO), false), -EBUSY);
}

Test(pagetype, mmio_wants_the_right_and_is_never_cached)
{
    struct l1 l = live_l1();
    struct rangeset *s = rangeset_new();

    cr_assert_eq(set(&l, 0, pte_make(MFN(FAKE_HOLE_FIRST), RW)), -EPERM);
    cr_assert_eq(set(&l, 0, pte_make(MFN(0xfe000), RW)), -EPERM);
    cr_assert_eq(set(&l, 0, pte_make(MFN((1ull << 40) - 1), RW)), -EINVAL);
    d1->iomem = s;
    rangeset_add(s, FAKE_HOLE_FIRST, FAKE_HOLE_FIRST);
    rangeset_add(s, 0xfe000, 0xfe000);
    cr_assert_eq(set(&l, 0, pte_make(MFN(FAKE_HOLE_FIRST), RW)), 0);
    cr_assert_eq(table(l.t.l1)[0] & (PTE_PWT | PTE_PCD), PTE_PWT | PTE_PCD);
    cr_assert_eq(set(&l, 0, pte_make(MFN(0xfe000), RW | PTE_PCD)), 0);
    cr_assert_eq(table(l.t.l1)[0] & (PTE_PWT | PTE_PCD), PTE_PCD);
    cr_assert_eq(set(&l, 0, pte_make(MFN(0xfe001), RW)), -EPERM);
    cr_assert_eq(entry_update(v1, d1, dom_io, l.f, 0, pte_make(MFN(0xfe000), RW), false), 0);
    cr_assert_eq(set(&l, 0, pte_make(l.a, RW | PTE_PCD)), 0, "RAM with a cache attribute");
    cr_assert_eq(set(&l, 0, 0), 0);
    rangeset_free(s);
    d1->iomem = NULL;
}

Test(pagetype, foreign_frames_are_mapped_only_when_named)
{
    struct tree t = new_tree(d0);
    mfn_t m = new_page(d1);
    struct vcpu *v0 = d0->vcpus[0];
    struct frame *f = frame_of(t.l1);

    cr_assert_eq(table_pin(d0, t.l4, TYPE_L4), 0);
    cr_assert_eq(entry_update(v0, d0, d0, f, 0, pte_make(m, RW), false), -EBUSY);
    cr_assert_eq(entry_update(v0, d0, d1, f, 0, pte_make(m, RW), false), 0);
    audit();
    cr_assert_eq(table_pin(d1, m, TYPE_L1), -EINVAL, "still writable in d0");
    cr_assert_eq(entry_update(v0, d0, d0, f, 0, 0, false), 0);
    cr_assert_eq(table_pin(d1, m, TYPE_L1), 0);
    cr_assert_eq(entry_update(v0, d0, d1, f, 0, pte_make(m, RW), false), -EBUSY);
    cr_assert_eq(entry_update(v0, d0, d1, frame_of(t.l2), 5, pte_make(m, RW), false), -EINVAL);
    audit();
}

Test(pagetype, the_privileged_domain_maps_what_is_shared_of_the_hypervisors)
{
    struct tree t = new_tree(d0);
    mfn_t shared = heap_alloc(0, 0), priv = heap_alloc(0, 0);
    struct vcpu *v0 = d0->vcpus[0];

    frame_share(dom_xen, shared, false);
    cr_assert_eq(table_pin(d0, t.l4, TYPE_L4), 0);
    cr_assert_eq(entry_update(v0, d0, dom_xen, frame_of(t.l1), 0, pte_make(shared, RO), false), 0);
    cr_assert_eq(entry_update(v0, d0, dom_xen, frame_of(t.l1), 1, pte_make(shared, RW), false), -EBUSY);
    cr_assert_eq(entry_update(v0, d0, dom_xen, frame_of(t.l1), 1, pte_make(priv, RO), false), -EBUSY);
    audit();
}

Test(pagetype, linking_and_unlinking_an_l1)
{
    struct l1 l = live_l1();
    mfn_t l1 = new_page(d1);

    table(l1)[0] = pte_make(l.a, RW);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(l.t.l2), 9, pte_make(l1, RW), false), 0);
    audit();
    cr_assert_eq(count_of(l.a), 1);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(l.t.l2), 9, pte_make(l1, RW | PTE_A), false), 0);
    cr_assert_eq(count_of(l1), 1);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(l.t.l2), 9, pte_make(l1, RW | PTE_PS), false), -EINVAL);
    cr_assert_eq(entry_update(v1, d1, d1, frame_of(l.t.l2), 9, 0, false), 0);
    audit();
    drain();
    cr_assert_eq(count_of(l.a), 0);
}

Test(pagetype, cmpxchg_of_an_entry_reports_what_it_saw)
{
    struct l1 l = live_l1();
    uint64_t seen;

    cr_assert_eq(entry_cmpxchg_l1(v1, d1, l.f, 0, 1, pte_make(l.a, RW), &seen), -EAGAIN);
    cr_assert_eq(seen, 0);
    cr_assert_eq(entry_cmpxchg_l1(v1, d1, l.f, 0, 0, pte_make(l.a, RW), &seen), 0);
    audit();
    cr_assert_eq(entry_cmpxchg_l1(v1, d1, l.f, 0, pte_make(l.a, RW | KERNEL), pte_make(l.a, RO), &seen), 0);
    cr_assert_eq(count_of(l.a), 0);
    cr_assert_eq(entry_cmpxchg_l1(v1, d1, l.f, 0, table(l.t.l1)[0], pte_make(l.t.l1, RW), &seen), -EBUSY);
    cr_assert_eq(entry_cmpxchg_l1(v1, d1, l.f, 0, table(l.t.l1)[0], 0, &seen), 0);
    audit();
}

Test(pagetype, entry_of_va_finds_the_l1_entry_or_nothing)
{
    struct l1 l = live_l1();
    mfn_t l1;

    cr_assert_eq(entry_of_va(l.t.l4, 5 << 12, &l1), &table(l.t.l1)[5]);
    cr_assert_eq(l1.n, l.t.l1.n);
    cr_assert_null(entry_of_va(l.t.l4, 1ull << 21, &l1));
    cr_assert_null(entry_of_va(l.t.l4, 1ull << 39, &l1));
    cr_assert_null(entry_of_va(l.t.l4, HV_VIRT_START, &l1));
    cr_assert_null(entry_of_va(l.t.l4, 1ull << 50, &l1));
}
