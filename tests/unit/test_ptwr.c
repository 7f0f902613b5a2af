/* SPDX-License-Identifier: MIT */
/* Checks [EMU-6] [EMU-7]. */
/*
 * Writable page tables over real page types: a domain with one pinned L4, whose L1 tables are mapped
 * read-only in itself; every store goes through the checks of an entry, and the audit agrees.
 *
 * LINK: core/mmio.c core/ptwr.c core/ptwr_op.c core/emulate.c core/decode.c core/debugreg.c core/cpuid.c core/msr.c core/hypercall_page.c core/ioport.c core/segdesc.c
 * LINK: core/pagetype.c core/entry.c core/log_dirty.c core/frame.c core/frame_audit.c core/heap.c core/memory.c core/slab.c core/tlb.c
 */
#include "core/emulate.h"
#include "core/mmio.h"
#include "core/pagetype.h"
#include "fake_emul.h"
#include "fake_port.h"
#include <criterion/criterion.h>

#define VA_L1 0x10000000ull /* page 0 of this 2 MiB: the L1 itself; page 1: data */

static struct domain *d;
static struct vcpu *v;
static mfn_t l4, l3, l2, l1, data;

static mfn_t frame_new(void)
{
    mfn_t m = heap_alloc(0, 0);

    cr_assert(!mfn_eq(m, MFN_INVALID));
    cr_assert_eq(domain_add_frames(d, m, 0), 0);
    return m;
}

static uint64_t *slot(mfn_t table, unsigned i)
{
    return (uint64_t *)frame_va(table) + i;
}

/* An entry as the guest wrote it, without the hypervisor's own marks. */
static uint64_t seen(uint64_t entry)
{
    return entry & (PTE_ADDR | PTE_P | PTE_RW | PTE_US);
}

static void setup(void)
{
    fake_reset();
    fake_emul_reset();
    fake_quiet = true;
    d = fake_domain(1, 1, false);
    v = fake_current = d->vcpus[0];
    l4 = frame_new();
    l3 = frame_new();
    l2 = frame_new();
    l1 = frame_new();
    data = frame_new();
    *slot(l4, pte_index(VA_L1, 4)) = pte_make(l3, PTE_P | PTE_RW | PTE_US);
    *slot(l3, pte_index(VA_L1, 3)) = pte_make(l2, PTE_P | PTE_RW | PTE_US);
    *slot(l2, pte_index(VA_L1, 2)) = pte_make(l1, PTE_P | PTE_RW | PTE_US);
    *slot(l1, 0) = pte_make(l1, PTE_P | PTE_US);
    *slot(l1, 1) = pte_make(data, PTE_P | PTE_US | PTE_RW);
    cr_assert_eq(table_pin(d, l4, TYPE_L4), 0);
    cr_assert_eq(frame_and_type_get(d, l4, TYPE_L4, false), 0);
    v->cr3_kernel = l4.n << PAGE_SHIFT;
    v->regs.cs = FLAT_RING3_CS64;
    cr_assert_eq(frames_audit(), 0);
}

static void teardown(void)
{
    cr_assert_eq(frames_audit(), 0);
}

TestSuite(ptwr, .init = setup, .fini = teardown);

static enum emul_result store(unsigned index, uint64_t val)
{
    v->regs.rip =
        fake_guest_put("\x48\x89\x0f\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90", 16);
    v->regs.rdi = VA_L1 + index * 8;
    v->regs.rcx = val;
    return emulate_ptwr(v, v->regs.rdi, 3);
}

Test(ptwr, a_store_maps_a_frame_and_takes_its_references)
{
    uint32_t refs = frame_of(data)->refs;

    cr_assert_eq(store(7, pte_make(data, PTE_P | PTE_RW | PTE_US)), EMUL_DONE);
    cr_assert_eq(seen(*slot(l1, 7)), pte_make(data, PTE_P | PTE_RW | PTE_US));
    cr_assert_eq(frame_of(data)->refs, refs + 1);
    cr_assert_eq(frames_audit(), 0);
    cr_assert_eq(store(7, 0), EMUL_DONE);
    cr_assert_eq(frame_of(data)->refs, refs);
}

Test(ptwr, a_writable_mapping_of_a_page_table_is_refused)
{
    cr_assert_eq(store(7, pte_make(l1, PTE_P | PTE_RW | PTE_US)), EMUL_NOT);
    cr_assert_eq(store(0, pte_make(l1, PTE_P | PTE_RW | PTE_US)), EMUL_NOT);
    cr_assert_eq(*slot(l1, 7), 0);
    cr_assert_eq(seen(*slot(l1, 0)), pte_make(l1, PTE_P | PTE_US));
    cr_assert(fake_refusals >= 2);
}

Test(ptwr, anothers_frame_is_refused)
{
    struct domain *other = fake_domain(2, 1, false);
    mfn_t m = heap_alloc(0, 0);

    cr_assert_eq(domain_add_frames(other, m, 0), 0);
    cr_assert_eq(store(7, pte_make(m, PTE_P | PTE_US)), EMUL_NOT);
    cr_assert_eq(store(7, pte_make(MFN(2), PTE_P | PTE_US)), EMUL_NOT);
    cr_assert_eq(store(7, pte_make(MFN(FAKE_HOLE_FIRST), PTE_P | PTE_US)), EMUL_NOT);
    cr_assert_eq(*slot(l1, 7), 0);
}

Test(ptwr, clearing_the_write_bit_of_a_byte_drops_the_writable_type)
{
    v->regs.rip =
        fake_guest_put("\xf0\x80\x27\xfd\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90", 16);
    v->regs.rdi = VA_L1 + 8; /* lock andb $~2 */
    cr_assert_eq(frame_of(data)->type & TYPE_COUNT_MASK, 1);
    cr_assert_eq(emulate_ptwr(v, v->regs.rdi, 3), EMUL_DONE);
    cr_assert_eq(seen(*slot(l1, 1)), pte_make(data, PTE_P | PTE_US));
    cr_assert_eq(frame_of(data)->type & TYPE_COUNT_MASK, 0);
}

Test(ptwr, the_user_bit_is_forced)
{
    cr_assert_eq(store(7, pte_make(data, PTE_P)), EMUL_DONE);
    cr_assert_eq(seen(*slot(l1, 7)), pte_make(data, PTE_P | PTE_US));
}

Test(ptwr, an_xchg_of_a_present_entry_hands_it_back_and_drops_it)
{
    uint32_t refs = frame_of(data)->refs;

    v->regs.rip =
        fake_guest_put("\x48\x87\x0f\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90", 16);
    v->regs.rdi = VA_L1 + 8;
    v->regs.rcx = 0;
    cr_assert_eq(emulate_ptwr(v, v->regs.rdi, 3), EMUL_DONE);
    cr_assert_eq(seen(v->regs.rcx), pte_make(data, PTE_P | PTE_US | PTE_RW));
    cr_assert_eq(*slot(l1, 1), 0);
    cr_assert_eq(frame_of(data)->refs, refs - 1);
}

Test(ptwr, a_write_to_an_upper_table_or_plain_data_is_the_guests_fault)
{
    *slot(l1, 2) = 0;
    cr_assert_eq(store(2, pte_make(l2, PTE_P | PTE_US)), EMUL_DONE);
    cr_assert_eq(store(3, pte_make(data, PTE_P | PTE_US)), EMUL_DONE);
    cr_assert_eq(emulate_ptwr(v, VA_L1 + 2 * PAGE_SIZE, 3), EMUL_NOT);
    cr_assert_eq(emulate_ptwr(v, VA_L1 + 3 * PAGE_SIZE, 3), EMUL_NOT);
    cr_assert_eq(emulate_ptwr(v, VA_L1 + 9 * PAGE_SIZE, 3), EMUL_NOT);
    cr_assert_eq(emulate_ptwr(v, 0x7ffff000, 3), EMUL_NOT);
}

/* ---- read-only pages of devices ---- */

#define DEVICE_PAGE FAKE_HOLE_FIRST
#define DEVICE_VA (VA_L1 + 7 * PAGE_SIZE)

static uint64_t start;

static enum emul_result device_store(const char *code)
{
    v->regs.rip = start = fake_guest_put(code, 16);
    v->regs.rdi = DEVICE_VA;
    cr_assert_eq(emulate_ptwr(v, DEVICE_VA, 3), EMUL_NOT);
    return emulate_mmio_readonly(v, DEVICE_VA);
}

Test(ptwr, a_read_only_device_page_is_mapped_for_reading_and_swallows_stores)
{
    static const char mov[] = "\x48\x89\x0f\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90";
    static const char push[] = "\xff\x37\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90\x90";

    d->iomem = rangeset_new();
    cr_assert_eq(rangeset_add(d->iomem, DEVICE_PAGE, DEVICE_PAGE + 1), 0);
    cr_assert_eq(mmio_readonly_add(DEVICE_PAGE, DEVICE_PAGE), 0);
    cr_assert(mmio_is_readonly(DEVICE_PAGE) && !mmio_is_readonly(DEVICE_PAGE + 1));

    cr_assert_eq(store(7, pte_make(MFN(DEVICE_PAGE), PTE_P | PTE_RW | PTE_US)), EMUL_DONE);
    cr_assert_eq(seen(*slot(l1, 7)), pte_make(MFN(DEVICE_PAGE), PTE_P | PTE_US));
    cr_assert_eq(store(8, pte_make(MFN(DEVICE_PAGE + 1), PTE_P | PTE_RW | PTE_US)), EMUL_DONE);
    cr_assert(*slot(l1, 8) & PTE_RW);

    cr_assert_eq(device_store(mov), EMUL_DONE);
    cr_assert_eq(v->regs.rip - start, 3);
    cr_assert_eq(device_store(push), EMUL_NOT);
    cr_assert_eq(v->regs.rip, start);
    cr_assert_eq(emulate_mmio_readonly(v, DEVICE_VA + PAGE_SIZE), EMUL_NOT);

    mmio_readonly_remove(DEVICE_PAGE, DEVICE_PAGE);
    cr_assert_not(mmio_is_readonly(DEVICE_PAGE));
    cr_assert_eq(device_store(mov), EMUL_NOT);
    cr_assert_eq(store(7, pte_make(MFN(DEVICE_PAGE), PTE_P | PTE_RW | PTE_US)), EMUL_DONE);
    cr_assert(*slot(l1, 7) & PTE_RW);
    cr_assert_eq(store(7, 0), EMUL_DONE);
    cr_assert_eq(store(8, 0), EMUL_DONE);
    rangeset_free(d->iomem);
    d->iomem = NULL;
}
