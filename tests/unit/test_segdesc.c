/* SPDX-License-Identifier: MIT */
/* Checks [SEG-1] [SEG-2] [SEG-3] [SEG-4] [SEG-5]. */
/*
 * LINK: core/emulate.c core/decode.c core/debugreg.c core/cpuid.c core/msr.c core/hypercall_page.c core/ioport.c core/segdesc.c
 * LINK: core/pagetype.c core/entry.c core/log_dirty.c core/frame.c core/frame_audit.c core/heap.c core/memory.c core/slab.c core/tlb.c
 * LINK: hypercall/segment.c hypercall/door.c
 */
#include "core/segdesc.h"
#include "core/debugreg.h"
#include "core/pagetype.h"
#include "fake_emul.h"
#include "fake_port.h"
#include "hypercall/hypercall.h"
#include <criterion/criterion.h>

#define CODE64 0x00af9b000000ffffull /* DPL 0 */
#define CODE64_3 0x00affb000000ffffull
#define DATA32 0x00cf93000000ffffull
#define DATA32_3 0x00cff3000000ffffull
#define LDT_DESC 0x0000820000000fffull
#define TSS_DESC 0x0000890000000067ull
#define GATE(sel, dpl) (0x00008c0000001234ull | (uint64_t)(sel) << 16 | (uint64_t)(dpl) << 45)

static struct domain *d;
static struct vcpu *v;

static void setup(void)
{
    fake_reset();
    fake_emul_reset();
    fake_quiet = true;
    d = fake_domain(1, 1, false);
    v = fake_current = d->vcpus[0];
}

static void teardown(void)
{
    cr_assert_eq(frames_audit(), 0);
}

TestSuite(segdesc, .init = setup, .fini = teardown);

static mfn_t frame_new(void)
{
    mfn_t m = heap_alloc(0, 0);

    cr_assert_eq(domain_add_frames(d, m, 0), 0);
    return m;
}

/* ---- single descriptors ---- */

static void accepts(uint64_t desc, uint64_t as)
{
    uint64_t x = desc;

    cr_assert(segdesc_valid(&x), "%lx", desc);
    cr_assert_eq(x, as, "%lx became %lx", desc, x);
}

static void refuses(uint64_t desc)
{
    uint64_t x = desc;

    cr_assert(!segdesc_valid(&x), "%lx", desc);
}

Test(segdesc, not_present_descriptors_are_left_alone)
{
    accepts(0, 0);
    accepts(TSS_DESC & ~BIT(47), TSS_DESC & ~BIT(47));
    accepts(0x7fffffffffffffff & ~BIT(47), 0x7fffffffffffffff & ~BIT(47));
}

Test(segdesc, code_and_data_are_forced_to_ring_3_with_any_base_and_limit)
{
    accepts(CODE64, CODE64_3);
    accepts(DATA32, DATA32_3);
    accepts(CODE64_3, CODE64_3);
    accepts(0x00cf9b000000ffff, 0x00cffb000000ffff);
    accepts(0xffdf93ffffffffff, 0xffdff3ffffffffff);
    accepts(DATA32 | 1ull << 45, DATA32_3); /* ring 1 */
}

Test(segdesc, system_descriptors_are_refused)
{
    for (uint64_t type = 1; type < 16; type++)
        if (type != 12)
            for (uint64_t dpl = 0; dpl < 4; dpl++)
                refuses(BIT(47) | type << 40 | dpl << 45);
    refuses(LDT_DESC);
    refuses(TSS_DESC);
}

Test(segdesc, a_present_zero_type_is_the_second_half_of_a_gate)
{
    accepts(BIT(47) | 0x12345678, BIT(47) | 0x12345678);
}

Test(segdesc, call_gates_lead_to_guest_segments_and_cannot_be_called)
{
    accepts(GATE(0x08, 3), GATE(0x0b, 0));
    accepts(GATE(0x33, 0), GATE(0x33, 0)); /* DPL is at least 3 */
    accepts(GATE(0xe033, 3), GATE(0xe033, 0));
    accepts(GATE(0xdffc, 3), GATE(0xdfff, 0)); /* LDT */
    accepts(GATE(0xe00c, 3), GATE(0xe00f, 0)); /* LDT too */
    refuses(GATE(0xe008, 3));                  /* the hypervisor's code segment */
    refuses(GATE(0xe000, 3));
    refuses(GATE(0xe030, 3));
    refuses(GATE(0xe023, 3));
    refuses(GATE(0xfff8, 3));
    refuses(GATE(0x08, 3) | 1ull << 32); /* reserved */
    refuses(GATE(0x08, 3) | 0x80ull << 32);
}

/* ---- pages ---- */

Test(segdesc, a_page_with_one_bad_descriptor_is_refused_with_its_index)
{
    mfn_t m = frame_new();
    uint64_t *p = frame_va(m);

    p[2] = CODE64;
    p[511] = TSS_DESC;
    cr_assert(!segdesc_page_valid(d, p));
    cr_assert_eq(fake_refusal_last, REASON_DESC_BAD);
    cr_assert_eq(fake_refusal_op[1], 511);
    p[511] = 0;
    cr_assert(segdesc_page_valid(d, p));
    cr_assert_eq(p[2], CODE64_3);
}

/* ---- GDT ---- */

static long set_gdt(const uint64_t *frames, unsigned ents)
{
    gva_t list = ents ? fake_guest_put(frames, 8 * DIV_ROUND_UP(min(ents, 8192u), 512u)) : 0;

    return hc_set_gdt(v, list, ents, 0, 0, 0);
}

Test(segdesc, set_gdt_takes_and_gives_back_its_frames)
{
    mfn_t a = frame_new(), b = frame_new();
    uint64_t frames[2] = {a.n, b.n};

    ((uint64_t *)frame_va(a))[2] = CODE64;
    cr_assert_eq(set_gdt(frames, 513), 0);
    cr_assert_eq(((uint64_t *)frame_va(a))[2], CODE64_3);
    cr_assert_eq(frame_of(a)->type & TYPE_MASK, TYPE_SEGDESC);
    cr_assert_eq(v->gdt_ents, 513);
    cr_assert_eq(v->gdt_frames[1], b.n);
    cr_assert_eq(fake_gdt_loads, 1);
    cr_assert_eq(frames_audit(), 0);
    cr_assert_eq(set_gdt(frames, 512), 0); /* the same first frame again */
    cr_assert_eq(v->gdt_frames[1], 0);
    cr_assert_eq(frame_of(b)->type & TYPE_COUNT_MASK, 0);
    cr_assert_eq(frame_of(a)->type & TYPE_COUNT_MASK, 1);
    cr_assert_eq(set_gdt(NULL, 0), 0);
    cr_assert_eq(frame_of(a)->type & TYPE_COUNT_MASK, 0);
    cr_assert_eq(v->gdt_ents, 0);
}

Test(segdesc, set_gdt_refuses_more_than_14_pages)
{
    uint64_t frames[16] = {0};

    cr_assert_eq(set_gdt(frames, 14 * 512 + 1), -EINVAL);
    cr_assert_eq(hc_set_gdt(v, 0, 0xffffffff, 0, 0, 0), -EINVAL);
    cr_assert_eq(hc_set_gdt(v, 0x10, 1, 0, 0, 0), -EFAULT);
}

Test(segdesc, a_failed_set_gdt_changes_nothing)
{
    mfn_t good = frame_new(), writable = frame_new(), bad = frame_new();
    uint64_t frames[2] = {good.n, good.n};

    cr_assert_eq(set_gdt(frames, 1), 0);
    cr_assert_eq(frame_and_type_get(d, writable, TYPE_WRITABLE, false), 0);
    ((uint64_t *)frame_va(bad))[5] = TSS_DESC;
    frames[1] = writable.n;
    cr_assert_eq(set_gdt(frames, 1024), -EINVAL);
    frames[1] = bad.n;
    cr_assert_eq(set_gdt(frames, 1024), -EINVAL);
    frames[1] = 2; /* the hypervisor's */
    cr_assert_eq(set_gdt(frames, 1024), -EINVAL);
    frames[1] = ~0ull;
    cr_assert_eq(set_gdt(frames, 1024), -EINVAL);
    cr_assert_eq(v->gdt_ents, 1);
    cr_assert_eq(v->gdt_frames[0], good.n);
    cr_assert_eq(frame_of(good)->type & TYPE_COUNT_MASK, 1);
    frame_and_type_put(d, frame_of(writable));
}

Test(segdesc, a_page_of_the_gdt_cannot_become_writable)
{
    mfn_t m = frame_new();

    cr_assert_eq(set_gdt(&m.n, 1), 0);
    cr_assert_eq(frame_and_type_get(d, m, TYPE_WRITABLE, false), -EINVAL);
    cr_assert_eq(frame_and_type_get(d, m, TYPE_L1, false), -EINVAL);
    gdt_drop(v);
    cr_assert_eq(frame_and_type_get(d, m, TYPE_WRITABLE, false), 0);
    frame_and_type_put(d, frame_of(m));
}

Test(segdesc, code_segments_are_found_in_the_guests_gdt)
{
    mfn_t m = frame_new();
    uint64_t *p = frame_va(m);

    p[2] = CODE64;
    p[3] = DATA32;
    p[4] = 0x00cf9b000000ffff;
    p[5] = CODE64 & ~BIT(47);
    cr_assert_eq(set_gdt(&m.n, 6), 0);
    cr_assert(selector_is_code64(v, 0x13));
    cr_assert(selector_is_code64(v, FLAT_RING3_CS64));
    cr_assert(!selector_is_code64(v, 0x1b));
    cr_assert(!selector_is_code64(v, 0x23));
    cr_assert(!selector_is_code64(v, 0x2b));
    cr_assert(!selector_is_code64(v, 0x33));
    cr_assert(!selector_is_code64(v, FLAT_RING3_CS32));
    cr_assert(!selector_is_code64(v, 0x17)); /* no LDT */
    cr_assert(!selector_is_code64(v, 0));
    gdt_drop(v);
}

/* ---- update_descriptor ---- */

static long update(mfn_t m, unsigned index, uint64_t desc)
{
    return hc_update_descriptor(v, (m.n << 12) + index * 8, desc, 0, 0, 0);
}

Test(segdesc, update_descriptor_writes_a_checked_descriptor)
{
    mfn_t gdt = frame_new(), plain = frame_new();

    cr_assert_eq(set_gdt(&gdt.n, 10), 0);
    cr_assert_eq(update(gdt, 9, CODE64), 0);
    cr_assert_eq(((uint64_t *)frame_va(gdt))[9], CODE64_3);
    cr_assert_eq(update(plain, 511, DATA32), 0); /* a page that may still become a GDT */
    cr_assert_eq(((uint64_t *)frame_va(plain))[511], DATA32_3);
    cr_assert_eq(update(gdt, 9, 0), 0);
    cr_assert_eq(((uint64_t *)frame_va(gdt))[9], 0);
    gdt_drop(v);
}

Test(segdesc, update_descriptor_refuses_bad_descriptors_addresses_and_frames)
{
    mfn_t gdt = frame_new(), table = frame_new();

    cr_assert_eq(set_gdt(&gdt.n, 10), 0);
    cr_assert_eq(table_pin(d, table, TYPE_L1), 0);
    cr_assert_eq(update(gdt, 9, TSS_DESC), -EINVAL);
    cr_assert_eq(hc_update_descriptor(v, (gdt.n << 12) + 4, CODE64, 0, 0, 0), -EINVAL);
    cr_assert_eq(update(table, 0, CODE64), -EINVAL);
    cr_assert_eq(update(MFN(2), 0, CODE64), -EINVAL);
    cr_assert_eq(update(MFN(FAKE_HOLE_FIRST), 0, CODE64), -EINVAL);
    cr_assert_eq(hc_update_descriptor(v, ~7ull, CODE64, 0, 0, 0), -EINVAL);
    cr_assert_eq(((uint64_t *)frame_va(gdt))[9], 0);
    cr_assert_eq(((uint64_t *)frame_va(table))[0], 0);
    gdt_drop(v);
}

/* ---- LDT ---- */

#define LDT_VA 0x30000000ull

/* Map frame m at LDT_VA + page * 4096, read-only, in fresh tables. */
static void map_ldt(mfn_t m0, mfn_t m1)
{
    mfn_t t[4];

    for (int i = 0; i < 4; i++)
        t[i] = frame_new();
    for (int i = 0; i < 3; i++)
        ((uint64_t *)frame_va(t[i]))[pte_index(LDT_VA, 4 - i)] =
            pte_make(t[i + 1], PTE_P | PTE_US | PTE_RW);
    ((uint64_t *)frame_va(t[3]))[pte_index(LDT_VA, 1)] = pte_make(m0, PTE_P | PTE_US);
    ((uint64_t *)frame_va(t[3]))[pte_index(LDT_VA, 1) + 1] = pte_make(m1, PTE_P | PTE_US);
    cr_assert_eq(frame_and_type_get(d, t[0], TYPE_L4, false), 0);
    v->cr3_kernel = t[0].n << 12;
}

Test(segdesc, ldt_pages_are_taken_when_touched_and_given_back_with_the_next_ldt)
{
    mfn_t a = frame_new(), b = frame_new();

    map_ldt(a, b);
    ((uint64_t *)frame_va(b))[0] = CODE64;
    cr_assert_eq(ldt_set(v, LDT_VA, 1024), 0);
    cr_assert_eq(frame_of(b)->type & TYPE_COUNT_MASK, 0);
    cr_assert_eq(ldt_page_fault(v, 4096, 4), EMUL_DONE);
    cr_assert_eq(v->ldt_frames[1], b.n);
    cr_assert_eq(ldt_page_fault(v, 4096, 5), EMUL_FAULT, "touched by the guest itself");
    cr_assert_eq(frame_of(b)->type & TYPE_COUNT_MASK, 1);
    cr_assert_eq(v->ldt_frames[0], 0);
    cr_assert_eq(((uint64_t *)frame_va(b))[0], CODE64_3);
    cr_assert(selector_is_code64(v, 512 * 8 + 7));
    cr_assert_eq(frames_audit(), 0);
    cr_assert_eq(ldt_set(v, LDT_VA, 1024), 0); /* the same: stays */
    cr_assert_eq(v->ldt_frames[1], b.n);
    cr_assert_eq(ldt_set(v, 0x1000, 0), 0);
    cr_assert_eq(v->ldt_base, 0);
    cr_assert_eq(frame_of(b)->type & TYPE_COUNT_MASK, 0);
}

Test(segdesc, an_ldt_page_that_cannot_be_used_faults_at_the_guests_address)
{
    mfn_t a = frame_new(), b = frame_new();

    map_ldt(a, b);
    ((uint64_t *)frame_va(a))[3] = TSS_DESC;
    cr_assert_eq(ldt_set(v, LDT_VA, 513), 0);
    cr_assert_eq(ldt_page_fault(v, 0x18, 4), EMUL_FAULT);
    cr_assert_eq(v->trap.vector, 14);
    cr_assert_eq(v->trap.cr2, LDT_VA + 0x18);
    cr_assert_eq(v->trap.error, 0); /* in the kernel */
    cr_assert_eq(ldt_page_fault(v, 513 * 8, 0), EMUL_FAULT);
    cr_assert_eq(v->trap.vector, 13);
    cr_assert_eq(v->trap.error, 513 * 8 | 4);
    ldt_drop(v);
}

Test(segdesc, set_ldt_wants_a_page_address_of_the_guest_and_a_sane_size)
{
    cr_assert_eq(ldt_set(v, LDT_VA + 8, 1), -EINVAL);
    cr_assert_eq(ldt_set(v, LDT_VA, 8193), -EINVAL);
    cr_assert_eq(ldt_set(v, HV_VIRT_START, 1), -EINVAL);
    cr_assert_eq(ldt_set(v, 0x0000800000000000, 1), -EINVAL);
    cr_assert_eq(ldt_set(v, LDT_VA, 8192), 0);
    ldt_drop(v);
}

/* ---- bases and debug registers ---- */

Test(segdesc, set_segment_base_has_four_ways)
{
    cr_assert_eq(hc_set_segment_base(v, 0, 0x1000, 0, 0, 0), 0);
    cr_assert_eq(hc_set_segment_base(v, 1, 0x2000, 0, 0, 0), 0);
    cr_assert_eq(hc_set_segment_base(v, 2, 0xffff880000000000, 0, 0, 0), 0);
    cr_assert(fake_base[BASE_FS] == 0x1000 && v->fs_base == 0x1000);
    cr_assert(fake_base[BASE_GS_SHADOW] == 0x2000 && v->gs_base_user == 0x2000);
    cr_assert(fake_base[BASE_GS] == 0xffff880000000000 && v->gs_base_kernel == 0xffff880000000000);
    cr_assert_eq(hc_set_segment_base(v, 3, 0xabcd0010, 0, 0, 0), 0);
    cr_assert_eq(fake_gs_sel, 0x13);
    cr_assert_eq(v->gs_base_user, 0x1300000);
    cr_assert_eq(hc_set_segment_base(v, 3, 0, 0, 0, 0), 0);
    cr_assert_eq(fake_gs_sel, 0);
    for (uint64_t which = 0; which < 3; which++)
        cr_assert_eq(hc_set_segment_base(v, which, 0x800000000000, 0, 0, 0), -EINVAL);
    cr_assert_eq(hc_set_segment_base(v, 4, 0, 0, 0, 0), -EINVAL);
}

Test(segdesc, debug_register_hypercalls_give_xens_errors)
{
    cr_assert_eq(hc_set_debugreg(v, 0, 0x1000, 0, 0, 0), 0);
    cr_assert_eq(hc_get_debugreg(v, 0, 0, 0, 0, 0), 0x1000);
    cr_assert_eq(hc_set_debugreg(v, 1, HV_VIRT_START, 0, 0, 0), -EPERM);
    cr_assert_eq(hc_set_debugreg(v, 7, 0x2000, 0, 0, 0), -EPERM);
    cr_assert_eq(hc_set_debugreg(v, 6, 1ull << 32, 0, 0, 0), -EINVAL);
    cr_assert_eq(hc_set_debugreg(v, 8, 0, 0, 0, 0), -ENODEV);
    cr_assert_eq(hc_get_debugreg(v, 8, 0, 0, 0, 0), -ENODEV);
    cr_assert_eq(hc_get_debugreg(v, 6, 0, 0, 0, 0), 0xffff0ff0);
    cr_assert_eq(hc_get_debugreg(v, 7, 0, 0, 0, 0), 0x400);
}
