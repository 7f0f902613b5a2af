/* SPDX-License-Identifier: MIT */
/* Checks [HC-4] [TYP-1]. */
/*
 * LINK: core/frame.c core/heap.c core/tlb.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c core/frame_audit.c hypercall/mmu.c hypercall/mmu_batch.c hypercall/mmuext.c hypercall/door.c
 */
#include "core/segdesc.h"
#include "hypercall/mmu.h"
#include "tables.h"
#include <criterion/criterion.h>

#define SELF DOMID_SELF

static struct domain *d0, *d1;
static struct vcpu *v0, *v1;
static struct tree t;      /* d1's, in use */
static mfn_t a, b;         /* d1's data */

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 2, false);
    v0 = d0->vcpus[0];
    v1 = d1->vcpus[0];
    fake_current = v1;
    t = new_tree(d1);
    a = new_page(d1);
    b = new_page(d1);
    table(t.l1)[0] = pte_make(a, RW);
    cr_assert_eq(frame_and_type_get(d1, t.l4, TYPE_L4, false), 0);
    v1->cr3_kernel = t.l4.n << PAGE_SHIFT;
}

static void audit(void)
{
    fake_quiet = false;
    cr_assert_eq(frames_audit(), 0);
    fake_quiet = true;
}

/* In place of core/segdesc.c. */
int ldt_set(struct vcpu *v, uint64_t base, unsigned ents)
{
    v->ldt_base = base;
    v->ldt_ents = ents;
    return base & 0xfff ? -EINVAL : 0;
}

TestSuite(mmu, .init = setup);

static uint64_t at(mfn_t m, unsigned i) { return (m.n << PAGE_SHIFT) + i * 8; }

/* The call, repeated as the guest would until it is complete. */
static long call(hypercall_fn *fn, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
    struct vcpu *v = fake_current;
    long rc = fn(v, a1, a2, a3, a4, 0);

    for (unsigned n = 0; v->hc_restart & HC_RESTART; n++) {
        cr_assert_lt(n, 1000);
        v->hc_restart = 0;
        audit();
        fake_preempt_after = fake_preempt_after < 0 ? -1 : 1;
        rc = fn(v, v->hc_args[0], v->hc_args[1], v->hc_args[2], v->hc_args[3], v->hc_args[4]);
    }
    if (type_drain_needed(d1))
        type_drain(d1, false);
    audit();
    return rc;
}

static long update(uint64_t ptr, uint64_t val, uint64_t doms)
{
    struct mmu_update u = { ptr, val };

    return call(hc_mmu_update, fake_guest_put(&u, sizeof(u)), 1, 0, doms);
}

static long ext(unsigned cmd, uint64_t arg1, uint64_t arg2, uint64_t dom)
{
    struct mmuext_op op = { .cmd = cmd, .arg1.mfn = arg1, .arg2.src_mfn = arg2 };

    return call(hc_mmuext_op, fake_guest_put(&op, sizeof(op)), 1, 0, dom);
}

Test(mmu, an_update_changes_the_entry_by_its_rules)
{
    cr_assert_eq(update(at(t.l1, 4), pte_make(b, RW), SELF), 0);
    cr_assert_eq(table(t.l1)[4], pte_make(b, RW | KERNEL));
    table(t.l1)[4] |= PTE_A | PTE_D;
    cr_assert_eq(update(at(t.l1, 4) | MMU_PT_UPDATE_PRESERVE_AD, pte_make(b, RO), SELF), 0);
    cr_assert_eq(table(t.l1)[4], pte_make(b, RO | KERNEL | PTE_A | PTE_D));
    cr_assert_eq(update(at(t.l1, 4) | MMU_PT_UPDATE_NO_TRANSLATE, 0, SELF), 0);
    cr_assert_eq(update(at(t.l1, 4), pte_make(t.l1, RW), SELF), -EBUSY);
    cr_assert_eq(update(at(t.l1, 4) | 5, 0, SELF), -ENOSYS);
}

Test(mmu, an_update_of_a_frame_that_is_no_table_is_a_plain_store)
{
    cr_assert_eq(update(at(a, 9), 0x123456789, SELF), 0);
    cr_assert_eq(table(a)[9], 0x123456789);
    cr_assert_eq(update(at(MFN(FAKE_FRAMES + 1), 0), 1, SELF), -EINVAL);
    cr_assert_eq(update(at(MFN(3), 0), 1, SELF), -EINVAL);
    cr_assert_eq(update(at(new_page(d0), 0), 1, SELF), -EINVAL);
}

Test(mmu, domains_of_an_update_are_checked)
{
    mfn_t other = new_page(d0);

    cr_assert_eq(update(at(t.l1, 1), pte_make(other, RO), 0), -EPERM, "not privileged");
    cr_assert_eq(update(at(t.l1, 1), pte_make(other, RO), 7), -ESRCH);
    cr_assert_eq(update(at(t.l1, 1), pte_make(b, RO), 1), -ESRCH, "its own id");
    cr_assert_eq(update(at(t.l1, 1), pte_make(b, RO), SELF | (9 << 16)), -ESRCH);
    cr_assert_eq(update(at(t.l1, 1), pte_make(b, RO), SELF | (2 << 16)), 0, "itself as table owner");
    cr_assert_eq(update(at(t.l1, 1), pte_make(b, RO), SELF | (1 << 16)), -EPERM);
    cr_assert_eq(update(at(t.l1, 1), pte_make(MFN(0xfe000), RO), DOMID_IO), -EPERM);
    fake_current = v0;
    cr_assert_eq(update(at(t.l1, 2), pte_make(b, RW), 1 | (2 << 16)), 0, "the toolstack");
    cr_assert_eq(table(t.l1)[2], pte_make(b, RW | KERNEL));
}

Test(mmu, what_was_reached_through_an_old_upper_entry_is_flushed)
{
    d1->dirty_cpus = 3;
    cr_assert_eq(update(at(t.l2, 9), pte_make(b, RW), SELF), 0);
    cr_assert_eq(fake_flushes, 0, "there was nothing before");
    cr_assert_eq(update(at(t.l2, 9), 0, SELF), 0);
    cr_assert_eq(fake_flush_mask, 3);
}

Test(mmu, a_batch_counts_what_it_did_and_stops_at_the_first_error)
{
    struct mmu_update u[100];
    uint32_t done = 7;
    gva_t pdone = fake_guest_put(&done, sizeof(done));

    for (unsigned i = 0; i < 100; i++)
        u[i] = (struct mmu_update){ at(t.l1, i), pte_make(i % 2 ? a : b, RW) };
    u[70].val = pte_make(t.l2, RW);
    cr_assert_eq(call(hc_mmu_update, fake_guest_put(u, sizeof(u)), 100, pdone, SELF), -EBUSY);
    cr_assert_eq(*(uint32_t *)fake_guest_ptr(pdone), 70);
    cr_assert_neq(table(t.l1)[69], 0);
    cr_assert_eq(table(t.l1)[70], 0);
    cr_assert_eq(count_of(t.l1), 1, "the batch kept no reference");
}

Test(mmu, a_preempted_batch_goes_on_to_the_same_end)
{
    struct mmu_update u[500];
    uint32_t done = 0;
    gva_t pdone = fake_guest_put(&done, sizeof(done));

    for (unsigned i = 0; i < 500; i++)
        u[i] = (struct mmu_update){ at(t.l1, i), pte_make(a, RW) };
    fake_preempt_after = 0;
    cr_assert_eq(call(hc_mmu_update, fake_guest_put(u, sizeof(u)), 500, pdone, SELF), 0);
    fake_preempt_after = -1;
    cr_assert_eq(*(uint32_t *)fake_guest_ptr(pdone), 500);
    cr_assert_eq(count_of(a), 500);
}

Test(mmu, a_list_that_ends_in_unmapped_memory_does_what_it_can_and_faults)
{
    struct mmu_update u[3];
    uint32_t done = 0;
    gva_t list, pdone = fake_guest_put(&done, sizeof(done));

    for (unsigned i = 0; i < 3; i++)
        u[i] = (struct mmu_update){ at(t.l1, i + 1), pte_make(b, RW) };
    list = fake_guest_put(u, sizeof(u));
    fake_guest_limit = list + 2 * sizeof(u[0]) + 8;
    cr_assert_eq(call(hc_mmu_update, list, 3, pdone, SELF), -EFAULT);
    cr_assert_eq(*(uint32_t *)fake_guest_ptr(pdone), 2);
    cr_assert_eq(count_of(b), 2);
}

Test(mmu, machphys_entries_of_own_frames_can_be_set)
{
    cr_assert_eq(update((a.n << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x42, SELF), 0);
    cr_assert_eq(m2p[a.n], 0x42);
    cr_assert_eq(update((3ull << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x42, SELF), -EINVAL);
    cr_assert_eq(update((99999ull << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x42, SELF), -EINVAL);
}

Test(mmu, update_va_mapping_changes_the_entry_and_flushes_as_told)
{
    uint64_t bitmap = 3;
    gva_t mask = fake_guest_put(&bitmap, sizeof(bitmap));

    d1->dirty_cpus = 0x11;
    cr_assert_eq(call(hc_update_va_mapping, 0x1000, pte_make(b, RW), 0, 0), 0);
    cr_assert_eq(table(t.l1)[1], pte_make(b, RW | KERNEL));
    cr_assert_eq(fake_flushes + fake_flushes_va, 0);
    cr_assert_eq(call(hc_update_va_mapping, 0x1000, pte_make(b, RO), UVMF_INVLPG | UVMF_LOCAL, 0), 0);
    cr_assert_eq(fake_flushes_va, 1);
    cr_assert_eq(fake_flush_va_last, 0x1000);
    cr_assert_eq(fake_flush_mask, 1);
    cr_assert_eq(call(hc_update_va_mapping, 0x1000, 0, UVMF_TLB_FLUSH | UVMF_ALL, 0), 0);
    cr_assert_eq(fake_flush_mask, 0x11);
    fake_flush_mask = 0;
    d1->vcpus[1]->sched.cpu = 6;
    d1->vcpus[1]->sched.on_cpu = true;
    cr_assert_eq(call(hc_update_va_mapping, 0x1000, 0, UVMF_INVLPG | mask, 0), 0);
    cr_assert_eq(fake_flush_mask, 0x41);
    cr_assert_eq(call(hc_update_va_mapping, 0x1000, 0, UVMF_INVLPG | 0x1000, 0), -EFAULT);
}

Test(mmu, update_va_mapping_without_a_table_is_einval)
{
    cr_assert_eq(call(hc_update_va_mapping, 1ull << 30, 0, 0, 0), -EINVAL);
    cr_assert_eq(call(hc_update_va_mapping, HV_VIRT_START, 0, 0, 0), -EINVAL);
    cr_assert_eq(call(hc_update_va_mapping, 1ull << 48, 0, 0, 0), -EINVAL);
    cr_assert_eq(call(hc_update_va_mapping, 0x1000, pte_make(t.l4, RW), 0, 0), -EBUSY);
}

Test(mmu, update_va_mapping_otherdomain_needs_the_privilege)
{
    mfn_t m = new_page(d0);

    cr_assert_eq(call(hc_update_va_mapping_otherdomain, 0x1000, pte_make(m, RO), 0, 0), -EPERM);
    cr_assert_eq(call(hc_update_va_mapping_otherdomain, 0x1000, pte_make(m, RO), 0, 5), -ESRCH);
    cr_assert_eq(call(hc_update_va_mapping_otherdomain, 0x1000, pte_make(b, RO), 0, SELF), 0);
}

/* ---- mmuext_op ---- */

Test(mmu, pin_and_unpin)
{
    cr_assert_eq(ext(MMUEXT_PIN_L4_TABLE, t.l4.n, 0, SELF), 0);
    cr_assert_eq(ext(MMUEXT_PIN_L4_TABLE, t.l4.n, 0, SELF), -EINVAL);
    cr_assert_eq(ext(MMUEXT_PIN_L1_TABLE, t.l1.n, 0, SELF), 0);
    cr_assert_eq(ext(MMUEXT_PIN_L2_TABLE, b.n, 0, SELF), 0);
    cr_assert_eq(ext(MMUEXT_PIN_L3_TABLE, a.n, 0, SELF), -EINVAL, "mapped writable");
    cr_assert_eq(ext(MMUEXT_UNPIN_TABLE, t.l4.n, 0, SELF), 0);
    cr_assert_eq(ext(MMUEXT_UNPIN_TABLE, t.l4.n, 0, SELF), -EINVAL);
    cr_assert_eq(ext(MMUEXT_PIN_L1_TABLE, 0x99999, 0, SELF), -EINVAL);
}

Test(mmu, base_pointers_hold_their_tables)
{
    struct tree n = new_tree(d1);

    cr_assert_eq(ext(MMUEXT_NEW_BASEPTR, n.l4.n, 0, SELF), 0);
    cr_assert_eq(v1->cr3_kernel, n.l4.n << PAGE_SHIFT);
    cr_assert_eq(fake_cr3_loads, 1);
    cr_assert_eq(count_of(t.l4), 0, "nobody else held the old tree");
    cr_assert_eq(count_of(a), 0);
    cr_assert_eq(ext(MMUEXT_NEW_USER_BASEPTR, t.l4.n, 0, SELF), 0);
    cr_assert_eq(v1->cr3_user, t.l4.n << PAGE_SHIFT);
    cr_assert_eq(ext(MMUEXT_NEW_BASEPTR, n.l4.n, 0, SELF), 0, "the same again");
    cr_assert_eq(ext(MMUEXT_NEW_BASEPTR, n.l2.n, 0, SELF), -EINVAL);
    cr_assert_eq(ext(MMUEXT_NEW_BASEPTR, 0, 0, SELF), -EINVAL);
    cr_assert_eq(ext(MMUEXT_NEW_USER_BASEPTR, 0, 0, SELF), 0);
    cr_assert_eq(v1->cr3_user, 0);
    cr_assert_eq(count_of(t.l4), 0);
}

Test(mmu, a_large_tree_is_pinned_and_dropped_in_pieces)
{
    struct mmuext_op op[2] = { { .cmd = MMUEXT_PIN_L4_TABLE }, { .cmd = MMUEXT_UNPIN_TABLE } };
    struct tree n = new_tree(d1);

    for (unsigned i = 1; i < 60; i++) {
        mfn_t l1 = new_page(d1);

        for (unsigned k = 0; k < 512; k++)
            table(l1)[k] = pte_make(b, RW);
        table(n.l2)[i] = pte_make(l1, RW);
    }
    op[0].arg1.mfn = op[1].arg1.mfn = n.l4.n;
    fake_preempt_after = 3;
    cr_assert_eq(call(hc_mmuext_op, fake_guest_put(op, sizeof(op)), 2, 0, SELF), 0);
    fake_preempt_after = -1;
    cr_assert_eq(count_of(b), 0);
    cr_assert_eq(type_of(n.l4) & TYPE_PINNED, 0);
}

Test(mmu, flushes_reach_the_cpus_they_name)
{
    uint64_t bitmap = 1;
    gva_t mask = fake_guest_put(&bitmap, sizeof(bitmap));

    d1->dirty_cpus = 0x30;
    fake_cpu = 2;
    cr_assert_eq(ext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, SELF), 0);
    cr_assert_eq(fake_flush_mask, 4);
    cr_assert_eq(ext(MMUEXT_TLB_FLUSH_ALL, 0, 0, SELF), 0);
    cr_assert_eq(fake_flush_mask, 0x34);
    cr_assert_eq(ext(MMUEXT_INVLPG_ALL, 0x5000, 0, SELF), 0);
    cr_assert_eq(fake_flush_va_last, 0x5000);
    cr_assert_eq(ext(MMUEXT_INVLPG_MULTI, 0x6000, mask, SELF), 0);
    cr_assert_eq(fake_flush_va_last, 0x6000);
    cr_assert_eq(ext(MMUEXT_INVLPG_LOCAL, HV_VIRT_START, 0, SELF), 0);
    cr_assert_eq(fake_flush_va_last, 0x6000, "the hypervisor's range is left alone");
    cr_assert_eq(ext(MMUEXT_TLB_FLUSH_MULTI, 0, 0x1000, SELF), -EINVAL);
}

Test(mmu, whole_pages_are_cleared_and_copied_if_writable)
{
    table(b)[5] = 55;
    cr_assert_eq(ext(MMUEXT_COPY_PAGE, a.n, b.n, SELF), 0);
    cr_assert_eq(table(a)[5], 55);
    cr_assert_eq(ext(MMUEXT_CLEAR_PAGE, b.n, 0, SELF), 0);
    cr_assert_eq(table(b)[5], 0);
    cr_assert_eq(ext(MMUEXT_CLEAR_PAGE, t.l1.n, 0, SELF), -EINVAL);
    cr_assert_eq(ext(MMUEXT_COPY_PAGE, t.l1.n, a.n, SELF), -EINVAL);
    cr_assert_eq(ext(MMUEXT_COPY_PAGE, a.n, t.l1.n, SELF), 0, "tables may be read");
}

Test(mmu, what_mmuext_refuses)
{
    cr_assert_eq(ext(MMUEXT_MARK_SUPER, 0, 0, SELF), -EOPNOTSUPP);
    cr_assert_eq(ext(MMUEXT_UNMARK_SUPER, 0, 0, SELF), -EOPNOTSUPP);
    cr_assert_eq(ext(14, 0, 0, SELF), -ENOSYS);
    cr_assert_eq(ext(21, 0, 0, SELF), -ENOSYS);
    cr_assert_eq(ext(MMUEXT_FLUSH_CACHE, 0, 0, SELF), -EACCES);
    cr_assert_eq(ext(MMUEXT_PIN_L1_TABLE, b.n, 0, 0), -EPERM);
    cr_assert_eq(ext(MMUEXT_PIN_L1_TABLE, b.n, 0, 9), -ESRCH);
    cr_assert_eq(ext(MMUEXT_SET_LDT, 0x1001, 4, SELF), -EINVAL);
    cr_assert_eq(ext(MMUEXT_SET_LDT, 0, 0, SELF), 0);
    fake_current = v0;
    cr_assert_eq(ext(MMUEXT_NEW_BASEPTR, t.l4.n, 0, 1), -EPERM, "of another domain");
    cr_assert_eq(ext(MMUEXT_PIN_L1_TABLE, b.n, 0, 1), 0);
    cr_assert_eq(ext(MMUEXT_UNPIN_TABLE, b.n, 0, 1), 0);
}
