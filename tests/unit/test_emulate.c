/* SPDX-License-Identifier: MIT */
/* Checks [EMU-1] [EMU-2] [EMU-3] [EMU-4] [EMU-5] [EMU-8] [CPU-4]. */
/*
 * Privileged instructions, port I/O and MSRs of a guest.
 *
 * LINK: core/emulate.c core/decode.c core/debugreg.c core/cpuid.c core/msr.c core/hypercall_page.c core/ioport.c core/segdesc.c
 * LINK: core/pagetype.c core/entry.c core/log_dirty.c core/frame.c core/frame_audit.c core/heap.c core/memory.c core/slab.c core/tlb.c
 */
#include "core/emulate.h"
#include "core/debugreg.h"
#include "core/ioport.h"
#include "core/msr.h"
#include "core/pagetype.h"
#include "fake_emul.h"
#include "fake_port.h"
#include <criterion/criterion.h>

static struct domain *d;
static struct vcpu *v;
static struct cpu_user_regs *r;
static struct vcpu_info info;

static void setup(void)
{
    fake_reset();
    fake_emul_reset();
    fake_quiet = true;
    fake_cpuid_qemu64();
    cpuid_init();
    d = fake_domain(0, 2, true);
    v = fake_current = d->vcpus[0];
    v->info = &info;
    v->iopl = 1;
    v->regs.cs = FLAT_RING3_CS64;
    v->traps[13].address = 0x1000;
    d->ioports = rangeset_new();
    rangeset_add(d->ioports, 0, 0xffff);
    r = &v->regs;
}

/* The other tests' domain: nothing of the machine is its own. */
static void become_unprivileged(void)
{
    d->privileged = false;
    rangeset_remove(d->ioports, 0, 0xffff);
}

static void teardown(void)
{
    rangeset_free(d->ioports);
    cr_assert_eq(frames_audit(), 0);
}

TestSuite(emulate, .init = setup, .fini = teardown);

static gva_t rip;

static enum emul_result run(const void *b, unsigned n)
{
    uint8_t padded[16] = {0};

    memcpy(padded, b, n);
    rip = r->rip = fake_guest_put(padded, 16);
    v->work = 0;
    return emulate_privop(v);
}

#define RUN(...) run((const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}))

/* Carried out, rip behind it. */
#define DONE(...)                                                                                  \
    do {                                                                                           \
        cr_assert_eq(RUN(__VA_ARGS__), EMUL_DONE);                                                 \
        cr_assert_eq(r->rip, rip + sizeof((uint8_t[]){__VA_ARGS__}));                              \
        cr_assert_eq(v->work, 0);                                                                  \
    } while (0)

/* The guest keeps its #GP, at the instruction. */
#define NOT(...)                                                                                   \
    do {                                                                                           \
        cr_assert_eq(RUN(__VA_ARGS__), EMUL_NOT);                                                  \
        cr_assert_eq(r->rip, rip);                                                                 \
        cr_assert_eq(v->work, 0);                                                                  \
    } while (0)

#define FAULT(vec, ...)                                                                            \
    do {                                                                                           \
        cr_assert_eq(RUN(__VA_ARGS__), EMUL_FAULT);                                                \
        cr_assert_eq(r->rip, rip);                                                                 \
        cr_assert_eq(v->work, WORK_TRAP);                                                          \
        cr_assert_eq(v->trap.vector, vec);                                                         \
    } while (0)

/* ---- control registers ---- */

Test(emulate, cr0_reads_as_protected_paged_mode_with_the_guests_ts)
{
    DONE(0x0f, 0x20, 0xc0);
    cr_assert_eq(r->rax, 0x80050033);
    v->cr0 = 8;
    DONE(0x41, 0x0f, 0x20, 0xc1); /* to r9 */
    cr_assert_eq(r->r9, 0x8005003b);
}

Test(emulate, cr0_write_may_change_only_ts)
{
    r->rax = 0x8005003b;
    DONE(0x0f, 0x22, 0xc0);
    cr_assert_eq(v->cr0 & 8, 8);
    r->rax = 0x80050033;
    DONE(0x0f, 0x22, 0xc0);
    cr_assert_eq(v->cr0 & 8, 0);
    r->rax = 0x80040033; /* WP off */
    NOT(0x0f, 0x22, 0xc0);
    r->rax = 0x80050037; /* EM on */
    NOT(0x0f, 0x22, 0xc0);
}

Test(emulate, clts_clears_ts)
{
    v->cr0 = 8;
    DONE(0x0f, 0x06);
    cr_assert_eq(v->cr0, 0);
}

Test(emulate, cr2_is_the_hypervisors_own_and_written_to_vcpu_info_too)
{
    v->cr2 = 0x1234567;
    info.arch.cr2 = 0;
    DONE(0x0f, 0x20, 0xd3); /* to rbx */
    cr_assert_eq(r->rbx, 0x1234567);
    r->rbx = 0x42;
    DONE(0x0f, 0x22, 0xd3);
    cr_assert_eq(v->cr2, 0x42);
    cr_assert_eq(info.arch.cr2, 0x42);
}

Test(emulate, cr4_shows_the_hypervisors_choice_and_takes_only_tsd_and_de)
{
    DONE(0x0f, 0x20, 0xe0);
    cr_assert_eq(r->rax, 0x660);
    r->rax = 0xffffffffffffffff;
    DONE(0x0f, 0x22, 0xe0);
    cr_assert_eq(v->cr4, 0x66c);
    cr_assert_eq(cr4_real_value(v, 0x406b0), 0x406bc);
    r->rax = 0x620;
    DONE(0x0f, 0x22, 0xe0);
    cr_assert_eq(cr4_real_value(v, 0x406bc), 0x406b0);
    xcr0_host_mask = 3;
    r->rax = BIT(18) | BIT(16);
    DONE(0x0f, 0x22, 0xe0);
    cr_assert_eq(v->cr4, 0x660 | BIT(18));
}

static mfn_t own_l4(void)
{
    mfn_t m = heap_alloc(0, 0);

    cr_assert_eq(domain_add_frames(d, m, 0), 0);
    cr_assert_eq(table_pin(d, m, TYPE_L4), 0);
    return m;
}

Test(emulate, cr3_takes_a_top_level_table_and_reads_back)
{
    mfn_t a = own_l4(), b = own_l4();

    r->rax = a.n << 12;
    DONE(0x0f, 0x22, 0xd8);
    cr_assert_eq(v->cr3_kernel, a.n << 12);
    cr_assert_eq(frame_of(a)->type & TYPE_COUNT_MASK, 2);
    r->rax = b.n << 12;
    DONE(0x0f, 0x22, 0xd8);
    cr_assert_eq(frame_of(a)->type & TYPE_COUNT_MASK, 1);
    cr_assert_eq(fake_cr3_loads, 2);
    DONE(0x0f, 0x20, 0xd9);
    cr_assert_eq(r->rcx, b.n << 12);
}

Test(emulate, cr3_refuses_what_is_no_top_level_table_of_the_domain)
{
    mfn_t a = own_l4(), data = heap_alloc(0, 0);

    cr_assert_eq(domain_add_frames(d, data, 0), 0);
    cr_assert_eq(frame_and_type_get(d, data, TYPE_WRITABLE, false), 0);
    r->rax = a.n << 12;
    DONE(0x0f, 0x22, 0xd8);
    r->rax = data.n << 12;
    NOT(0x0f, 0x22, 0xd8);
    r->rax = 3 << 12;
    NOT(0x0f, 0x22, 0xd8);
    r->rax = ~0ull;
    NOT(0x0f, 0x22, 0xd8);
    cr_assert_eq(v->cr3_kernel, a.n << 12);
    frame_and_type_put(d, frame_of(data));
}

Test(emulate, other_control_registers_are_gp)
{
    NOT(0x0f, 0x20, 0xc8);       /* cr1 */
    NOT(0x44, 0x0f, 0x20, 0xc0); /* cr8 */
    NOT(0x44, 0x0f, 0x22, 0xc0);
}

Test(emulate, user_mode_keeps_its_gp)
{
    v->in_kernel = 0;
    NOT(0x0f, 0x20, 0xc0);
    NOT(0x0f, 0x22, 0xe0);
    NOT(0x0f, 0x06);
    NOT(0x0f, 0x09);
    NOT(0x0f, 0x23, 0xc0);
    NOT(0x0f, 0x31);
    r->rcx = 0xc0000100;
    NOT(0x0f, 0x32);
    NOT(0x0f, 0x30);
    NOT(0xfa);
    NOT(0xec);
}

Test(emulate, what_xen_does_not_emulate_is_gp)
{
    NOT(0xf4);             /* hlt */
    NOT(0x0f, 0x08);       /* invd */
    NOT(0x0f, 0x01, 0xf8); /* swapgs */
    NOT(0x0f, 0x01, 0x38); /* invlpg */
    NOT(0x0f, 0x01, 0x17); /* lgdt */
    NOT(0x0f, 0x00, 0xd8); /* ltr */
    NOT(0x0f, 0x33);       /* rdpmc */
    NOT(0x48, 0x0f, 0x07); /* sysret */
    NOT(0xcd, 0x80);
    NOT(0x48, 0x89, 0x07); /* an ordinary store to a bad address */
}

Test(emulate, code_segments_other_than_64_bit_ones_keep_their_gp)
{
    r->cs = FLAT_RING3_CS32;
    NOT(0x0f, 0x06);
    r->cs = 0x33; /* no GDT */
    NOT(0x0f, 0x06);
}

/* ---- debug registers ---- */

Test(emulate, debug_registers_move_both_ways)
{
    r->rax = 0x1234;
    DONE(0x0f, 0x23, 0xc0); /* dr0 */
    DONE(0x0f, 0x21, 0xc3);
    cr_assert_eq(r->rbx, 0x1234);
    DONE(0x0f, 0x21, 0xf1); /* dr6 */
    cr_assert_eq(r->rcx, 0xffff0ff0);
    DONE(0x0f, 0x21, 0xf9); /* dr7 */
    cr_assert_eq(r->rcx, 0x400);
    r->rax = 0x3;
    DONE(0x0f, 0x23, 0xf8);
    DONE(0x0f, 0x21, 0xe9); /* dr5 is dr7 */
    cr_assert_eq(r->rcx, 0x403);
}

Test(emulate, dr4_and_dr5_are_undefined_with_debugging_extensions)
{
    v->cr4 = 8;
    FAULT(6, 0x0f, 0x21, 0xe0);
    FAULT(6, 0x0f, 0x23, 0xe8);
    v->cr4 = 0;
    FAULT(6, 0x44, 0x0f, 0x21, 0xc0); /* dr8 */
}

Test(emulate, breakpoints_in_the_hypervisor_and_reserved_bits_are_refused)
{
    r->rax = 0xffff800000000000;
    NOT(0x0f, 0x23, 0xc0);
    r->rax = 0x0000800000000000;
    NOT(0x0f, 0x23, 0xc0);
    r->rax = 0xffff87ffffffffff;
    NOT(0x0f, 0x23, 0xc0);
    r->rax = 0xffff880000000000;
    DONE(0x0f, 0x23, 0xc0);
    r->rax = 0x100000000;
    NOT(0x0f, 0x23, 0xf0);
    NOT(0x0f, 0x23, 0xf8);
    r->rax = 0x2000; /* GD */
    NOT(0x0f, 0x23, 0xf8);
    cr_assert_eq(debugreg_set(v, 7, 1ull << 32), -EINVAL);
    cr_assert_eq(debugreg_set(v, 7, 0x2000), -EPERM);
    cr_assert_eq(debugreg_set(v, 8, 0), -ENODEV);
    cr_assert_eq(debugreg_set(v, -1, 0), -ENODEV);
}

Test(emulate, an_io_breakpoint_needs_de_and_hits_emulated_ports)
{
    cr_assert_eq(debugreg_set(v, 0, 0x60), 0);
    cr_assert_eq(debugreg_set(v, 7, 0x20001), -EPERM);
    v->cr4 = 8;
    cr_assert_eq(debugreg_set(v, 7, 0x20001), 0);
    cr_assert_eq(v->dr[7] & 0xff, 0);
    r->rdx = 0x60;
    cr_assert_eq(RUN(0xec), EMUL_DONE);
    cr_assert_eq(r->rip, rip + 1);
    cr_assert_eq(v->trap.vector, 1);
    cr_assert_eq(v->dr[6] & 0xf, 1);
    r->rdx = 0x61;
    DONE(0xec);
    debugreg_set(v, 7, 0);
    r->rdx = 0x60;
    DONE(0xec);
}

/* ---- the rest ---- */

Test(emulate, cli_and_sti_do_nothing_at_virtual_iopl)
{
    DONE(0xfa);
    DONE(0xfb);
    v->iopl = 0;
    NOT(0xfa);
    d->vm_assist = BIT(VMASST_TYPE_architectural_iopl);
    DONE(0xfb);
    v->in_kernel = 0;
    v->iopl = 3;
    DONE(0xfa);
}

Test(emulate, wbinvd_is_done_for_the_control_domain_and_ignored_for_others)
{
    DONE(0x0f, 0x09);
    cr_assert_eq(fake_wbinvds, 1);
    become_unprivileged();
    DONE(0x0f, 0x09);
    cr_assert_eq(fake_wbinvds, 1);
}

Test(emulate, rdtsc_of_a_kernel_that_has_set_tsd)
{
    fake_tsc = 0x1122334455667788;
    DONE(0x0f, 0x31);
    cr_assert_eq(r->rax, 0x55667788);
    cr_assert_eq(r->rdx, 0x11223344);
    FAULT(6, 0x0f, 0x01, 0xf9); /* rdtscp is not offered */
}

Test(emulate, xsetbv_needs_osxsave_and_valid_components)
{
    r->rax = 3;
    FAULT(6, 0x0f, 0x01, 0xd1);
    xcr0_host_mask = 7;
    fake_cpuid_set(1, 0, (struct cpuid_leaf){0x60fb1, 0x800, 0x9c000000 | 1, 0x178bfbff});
    fake_cpuid_set(0xd, 0, (struct cpuid_leaf){7, 832, 832, 0});
    fake_cpuid_set(0xd, 2, (struct cpuid_leaf){256, 576, 0, 0});
    cpuid_init();
    v->cr4 = BIT(18);
    r->rdx = 0;
    DONE(0x0f, 0x01, 0xd1);
    cr_assert_eq(v->xcr0, 3);
    r->rax = 7;
    DONE(0x0f, 0x01, 0xd1);
    r->rax = 5; /* AVX without SSE */
    NOT(0x0f, 0x01, 0xd1);
    r->rax = 2; /* no x87 */
    NOT(0x0f, 0x01, 0xd1);
    r->rax = 0xe7;
    NOT(0x0f, 0x01, 0xd1);
    r->rax = 3;
    r->rcx = 1;
    NOT(0x0f, 0x01, 0xd1);
    cr_assert_eq(v->xcr0, 7);
    cr_assert_eq(fake_xcr0_loads, 2);
}

Test(emulate, single_step_traps_after_the_instruction)
{
    r->rflags = EFLAGS_TF | EFLAGS_RF;
    cr_assert_eq(RUN(0x0f, 0x06), EMUL_DONE);
    cr_assert_eq(r->rip, rip + 2);
    cr_assert_eq(r->rflags, EFLAGS_TF);
    cr_assert_eq(v->work, WORK_TRAP);
    cr_assert_eq(v->trap.vector, 1);
    cr_assert(!v->trap.has_error);
    cr_assert_eq(v->dr[6], 0xffff4ff0);
}

Test(emulate, an_instruction_may_cross_into_the_next_page_or_fault_there)
{
    gva_t page = ROUND_UP(fake_guest_alloc(3 * PAGE_SIZE), PAGE_SIZE) + PAGE_SIZE;

    memcpy(fake_guest_ptr(page - 1), "\x0f\x06", 2);
    r->rip = page - 1;
    cr_assert_eq(emulate_privop(v), EMUL_DONE);
    cr_assert_eq(r->rip, page + 1);
    r->rip = page - 1;
    fake_guest_limit = page;
    cr_assert_eq(emulate_privop(v), EMUL_FAULT);
    cr_assert_eq(v->trap.vector, 14);
    cr_assert_eq(v->trap.cr2, page);
    cr_assert_eq(v->trap.error, 0);
    memcpy(fake_guest_ptr(page - 2), "\x0f\x06", 2); /* ends with the page: nothing else is read */
    r->rip = page - 2;
    cr_assert_eq(emulate_privop(v), EMUL_DONE);
    r->rip = page;
    v->in_kernel = 0;
    cr_assert_eq(emulate_privop(v), EMUL_FAULT);
    cr_assert_eq(v->trap.error, 4);
}

/* ---- MSRs ---- */

static bool rd(uint32_t msr)
{
    r->rcx = msr;
    r->rax = r->rdx = ~0ull;
    return RUN(0x0f, 0x32) == EMUL_DONE;
}

static uint64_t value(void)
{
    return r->rdx << 32 | r->rax;
}

static bool wr(uint32_t msr, uint64_t val)
{
    r->rcx = msr;
    r->rax = (uint32_t)val;
    r->rdx = val >> 32;
    return RUN(0x0f, 0x30) == EMUL_DONE;
}

Test(emulate, segment_bases_are_written_before_there_is_any_handler)
{
    memset(v->traps, 0, sizeof(v->traps));
    cr_assert(wr(0xc0000101, 0xffffffff83000000));
    cr_assert_eq(fake_base[BASE_GS], 0xffffffff83000000);
    cr_assert_eq(v->gs_base_kernel, 0xffffffff83000000);
    cr_assert(wr(0xc0000100, 0x1000));
    cr_assert(wr(0xc0000102, 0x2000));
    cr_assert_eq(v->fs_base, 0x1000);
    cr_assert_eq(v->gs_base_user, 0x2000);
    cr_assert(rd(0xc0000101) && value() == 0xffffffff83000000);
    cr_assert(rd(0xc0000100) && value() == 0x1000);
    cr_assert(rd(0xc0000102) && value() == 0x2000);
    cr_assert(!wr(0xc0000101, 0x800000000000));
    cr_assert(!wr(0xc0000100, 0xffff000000000000));
}

Test(emulate, pat_and_apic_base_are_constants)
{
    cr_assert(rd(0x277) && value() == 0x0000050100070406);
    cr_assert(!wr(0x277, 0x0000050100070406));
    cr_assert(rd(0x1b) && value() == 0xfee00900);
    v = d->vcpus[1];
    v->regs = *r;
    v->traps[13].address = 1;
    r = &v->regs;
    cr_assert(rd(0x1b) && value() == 0xfee00800);
    cr_assert(!wr(0x1b, 0xfee00800));
}

Test(emulate, efer_can_be_written_back_but_not_changed)
{
    fake_msr_set(0xc0000080, 0x1d01); /* with SVME */
    cr_assert(rd(0xc0000080) && value() == 0xd01);
    cr_assert(wr(0xc0000080, 0xd01));
    cr_assert(!wr(0xc0000080, 0x501));
    cr_assert(!wr(0xc0000080, 0x1d01));
}

Test(emulate, two_machine_check_banks_never_report)
{
    cr_assert(rd(0x179) && value() == 2);
    for (uint32_t m = 0x400; m < 0x408; m++) {
        cr_assert(rd(m) && value() == (m & 3 ? 0 : ~0ull));
        cr_assert(wr(m, 0));
        cr_assert_eq(wr(m, 1), !(m & 3));
    }
    cr_assert(rd(0x408) && value() == 0 && wr(0x408, 1));
}

Test(emulate, a_lock_prefix_is_undefined)
{
    FAULT(6, 0xf0, 0x0f, 0x20, 0xc0);
    FAULT(6, 0xf0, 0xec);
}

Test(emulate, the_boot_of_linux_on_amd_sees_only_one_gp)
{
    static const uint32_t reads[] = {0x1b,       0x8b,       0x179,      0x17a,
                                     0x277,      0x400,      0x407,      0xc0010000,
                                     0xc0010003, 0xc0010007, 0xc0010015, 0xc0011029};

    fake_msr_set(0x8b, 0x1000065);
    fake_msr_set(0xc0010055, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(reads); i++)
        cr_assert(rd(reads[i]), "%x", reads[i]);
    cr_assert(!rd(0xc0010055));
    cr_assert(rd(0xc0011029) && value() == 2);
    cr_assert(wr(0xc0010015, 0x11) && wr(0xc0010007, 1) && wr(0x400, ~0ull) && wr(0x405, 0));
}

Test(emulate, unknown_and_hidden_registers_are_gp)
{
    static const uint32_t hidden[] = {0x33,       0x48,       0x49,       0x79,       0x10a,
                                      0x10b,      0x122,      0x174,      0x802,      0xda0,
                                      0xc0000081, 0xc0000082, 0xc0000084, 0xc0000103, 0xc0010114,
                                      0xc001011f, 0x12345678};

    for (unsigned i = 0; i < ARRAY_SIZE(hidden); i++)
        cr_assert(!rd(hidden[i]) && !wr(hidden[i], 0), "%x", hidden[i]);
}

Test(emulate, without_a_gp_handler_a_register_of_the_host_reads_as_zero)
{
    fake_msr_set(0xc0010114, 0x77);
    cr_assert(!rd(0xc0010114));
    v->traps[13].address = 0;
    cr_assert(rd(0xc0010114) && value() == 0);
    cr_assert(!rd(0x12345678));
    cr_assert(!wr(0xc0010114, 0));
}

Test(emulate, the_vendor_decides_about_vendors_registers)
{
    cr_assert(!rd(0x198) && !rd(0xc1) && rd(0xc0010000));
    fake_cpuid_set(0, 0, (struct cpuid_leaf){0xd, 0x756e6547, 0x6c65746e, 0x49656e69});
    cpuid_init();
    cr_assert(rd(0x198) && rd(0xc1) && !rd(0xc0010000));
    cr_assert(wr(0x8b, 0) && !wr(0x8b, 1));
    cr_assert(rd(0x3a) && value() == 1);
}

Test(emulate, the_hypercall_page_is_written_into_an_own_writable_frame_only)
{
    mfn_t m = heap_alloc(0, 0), table = own_l4();
    const uint8_t *p = frame_va(m);

    cr_assert_eq(domain_add_frames(d, m, 0), 0);
    cr_assert(wr(0x40000000, m.n << 12));
    cr_assert_arr_eq(p + 17 * 32, "\x51\x41\x53\xb8\x11\0\0\0\x0f\x05\x41\x5b\x59\xc3\xcc", 15);
    cr_assert_arr_eq(p + 23 * 32, "\x51\x41\x53\x50\xb8\x17\0\0\0\x0f\x05\xcc", 12);
    cr_assert(!wr(0x40000000, m.n << 12 | 1));
    cr_assert(!wr(0x40000000, table.n << 12));
    cr_assert(!wr(0x40000000, 2 << 12));
    cr_assert(!wr(0x40000000, ~0xfffull));
    cr_assert(rd(0x40000000) && value() == 0);
    cr_assert(!rd(0x40000001));
}

/* ---- ports ---- */

Test(emulate, ports_of_the_domain_reach_the_hardware)
{
    r->rdx = 0x3f8;
    r->rax = 0x1122334455667788;
    DONE(0xee);
    cr_assert(fake_io_last.port == 0x3f8 && fake_io_last.bytes == 1 && fake_io_last.val == 0x88);
    DONE(0x66, 0xef);
    cr_assert(fake_io_last.bytes == 2 && fake_io_last.val == 0x7788);
    DONE(0xef);
    cr_assert(fake_io_last.bytes == 4 && fake_io_last.val == 0x55667788);
    r->rax = ~0ull;
    DONE(0xec);
    cr_assert_eq(r->rax, 0xffffffffffffff88);
    DONE(0x66, 0xed);
    cr_assert_eq(r->rax, 0xffffffffffff7788);
    DONE(0xed);
    cr_assert_eq(r->rax, 0x55667788);
    r->rax = 0x42;
    DONE(0xe6, 0x80);
    cr_assert(fake_io_last.port == 0x80 && fake_io_last.write && fake_io_last.val == 0x42);
    DONE(0xe5, 0xfe);
    cr_assert(fake_io_last.port == 0xfe && fake_io_last.bytes == 4);
}

Test(emulate, ports_of_others_read_all_ones_and_ignore_writes)
{
    become_unprivileged();
    memset(fake_ports, 0, sizeof(fake_ports));
    r->rdx = 0x3f8;
    r->rax = 0;
    DONE(0xed);
    cr_assert_eq(r->rax, 0xffffffff);
    DONE(0xef);
    cr_assert_eq(fake_io_count, 0);
    r->rdx = 0xcfc;
    DONE(0xed);
    cr_assert_eq(r->rax, 0xffffffff);
    cr_assert_eq(fake_io_count, 0);
}

Test(emulate, the_calibration_counter_reads_zero_in_other_domains)
{
    become_unprivileged();
    r->rdx = 0x42;
    r->rax = 0x55;
    DONE(0xec);
    cr_assert_eq(r->rax, 0);
    r->rdx = 0x61;
    DONE(0xec);
    cr_assert_eq(r->rax, 0xff);
}

Test(emulate, without_iopl_or_bitmap_ports_are_gp)
{
    v->iopl = 0;
    NOT(0xec);
    NOT(0xee);
    NOT(0x6c);
    v->iopl = 3;
    v->in_kernel = 0;
    DONE(0xec);
    v->iopl = 2;
    NOT(0xec);
    cr_assert_eq(fake_io_count, 1);
}

Test(emulate, iopl_and_bitmap_have_limits)
{
    cr_assert_eq(ioport_set_iopl(v, 4), -EINVAL);
    cr_assert_eq(v->iopl, 1);
    cr_assert_eq(ioport_set_iopl(v, 3), 0);
    cr_assert_eq(v->iopl, 3);
    cr_assert_eq(ioport_set_bitmap(v, 0x1000, 65537), -EINVAL);
    cr_assert_eq(ioport_set_bitmap(v, HV_VIRT_START - 16, 65536), -EINVAL);
    cr_assert_eq(ioport_set_bitmap(v, 0x1000, 65536), 0);
    cr_assert(v->iobmp == 0x1000 && v->iobmp_limit == 65536);
}

#define BITMAP_VA 0x20000000ull

/* A kernel page with the I/O bitmap in it. */
static uint8_t *map_bitmap(void)
{
    mfn_t t[4], page = heap_alloc(0, 0);

    cr_assert_eq(domain_add_frames(d, page, 0), 0);
    for (int i = 0; i < 4; i++) {
        t[i] = heap_alloc(0, 0);
        cr_assert_eq(domain_add_frames(d, t[i], 0), 0);
    }
    for (int i = 0; i < 4; i++)
        ((uint64_t *)frame_va(t[i]))[pte_index(BITMAP_VA, 4 - i)] =
            pte_make(i == 3 ? page : t[i + 1], PTE_P | PTE_US | PTE_RW);
    cr_assert_eq(frame_and_type_get(d, t[0], TYPE_L4, false), 0);
    v->cr3_kernel = t[0].n << 12;
    v->iobmp = BITMAP_VA;
    v->iobmp_limit = 0x400;
    memset(frame_va(page), 0xff, PAGE_SIZE);
    return frame_va(page);
}

Test(emulate, the_bitmap_lets_user_code_at_single_ports)
{
    uint8_t *map = map_bitmap();

    v->in_kernel = 0;
    map[0x378 / 8] = (uint8_t)~0x07; /* 378-37a */
    r->rdx = 0x378;
    DONE(0xec);
    DONE(0x66, 0xed);
    NOT(0xed);
    r->rdx = 0x37a;
    DONE(0xee);
    NOT(0x66, 0xef);
    r->rdx = 0x37b;
    NOT(0xec);
}

Test(emulate, the_bitmap_is_read_across_bytes_and_ends_at_its_limit)
{
    uint8_t *map = map_bitmap();

    v->in_kernel = 0;
    memset(map, 0, PAGE_SIZE);
    r->rdx = 0x377;
    DONE(0x66, 0xed);
    map[0x378 / 8] = 1;
    NOT(0x66, 0xed);
    r->rdx = 0x3ff;
    DONE(0xec);
    NOT(0x66, 0xed);
    r->rdx = 0x400;
    NOT(0xec);
}

Test(emulate, an_unmapped_bitmap_is_a_page_fault_at_its_address)
{
    map_bitmap();
    v->in_kernel = 0;
    v->iobmp = BITMAP_VA + PAGE_SIZE;
    r->rdx = 0x80;
    FAULT(14, 0xec);
    cr_assert_eq(v->trap.cr2, BITMAP_VA + PAGE_SIZE + 0x10);
    cr_assert_eq(v->trap.error, 4);
}

Test(emulate, pci_configuration_keeps_its_index_in_the_domain)
{
    r->rdx = 0xcf8;
    r->rax = 0x80000010;
    DONE(0xef);
    cr_assert_eq(fake_io_count, 0);
    cr_assert_eq(d->pci_index, 0x80000010);
    r->rax = 0;
    DONE(0xed);
    cr_assert_eq(r->rax, 0x80000010);
    memcpy(&fake_pci[0x10], "\x12\x34\x56\x78", 4);
    rangeset_remove(d->ioports, 0xcf8, 0xcff);
    r->rdx = 0xcfc;
    DONE(0xed);
    cr_assert_eq(r->rax, 0x78563412);
    r->rdx = 0xcfe;
    r->rax = 0;
    DONE(0x66, 0xed);
    cr_assert_eq(r->rax, 0x7856);
    r->rax = 0xab;
    r->rdx = 0xcfd;
    DONE(0xee);
    cr_assert_eq(fake_pci[0x11], 0xab);
}

Test(emulate, cmos_index_and_data_are_one_step)
{
    fake_ports[0x71] = 0x59;
    r->rdx = 0x70;
    r->rax = 0x8a;
    DONE(0xee);
    cr_assert_eq(fake_io_count, 0);
    DONE(0xec);
    cr_assert_eq((uint8_t)r->rax, 0x8a);
    r->rdx = 0x71;
    DONE(0xec);
    cr_assert_eq((uint8_t)r->rax, 0x59);
    cr_assert_eq(fake_ports[0x70], 0x0a);
    cr_assert_eq(fake_io_count, 2);
    become_unprivileged();
    r->rdx = 0x71;
    DONE(0xec);
    cr_assert_eq((uint8_t)r->rax, 0xff);
    cr_assert_eq(fake_io_count, 2);
}

Test(emulate, only_the_third_counter_and_the_speaker_bits_are_the_control_domains)
{
    rangeset_remove(d->ioports, 0x40, 0x43);
    rangeset_remove(d->ioports, 0x61, 0x61);
    fake_ports[0x61] = 0x30;
    cr_assert_eq(ioport_read(d, 0x61, 1), 0x30);
    ioport_write(d, 0x61, 1, 0xff);
    cr_assert_eq(fake_ports[0x61], 0x33);
    ioport_write(d, 0x43, 1, 0xb0);
    cr_assert_eq(fake_ports[0x43], 0xb0);
    ioport_write(d, 0x43, 1, 0x34); /* counter 0 */
    cr_assert_eq(fake_ports[0x43], 0xb0);
    ioport_write(d, 0x40, 1, 0x12);
    cr_assert_eq(fake_ports[0x40], 0xff);
}

Test(emulate, an_access_that_is_only_partly_the_domains_is_split)
{
    rangeset_remove(d->ioports, 0x102, 0x102);
    memcpy(&fake_ports[0x100], "\x01\x02\x03\x04", 4);
    cr_assert_eq(ioport_read(d, 0x100, 4), 0x04ff0201);
    ioport_write(d, 0x100, 4, 0xaabbccdd);
    cr_assert_arr_eq(&fake_ports[0x100], "\xdd\xcc\x03\xaa", 4);
    cr_assert_eq(ioport_read(d, 0xffff, 4), 0xffffffff);
}

Test(emulate, string_input_and_output_move_memory)
{
    gva_t buf = fake_guest_put("abcdefgh", 8);

    r->rdx = 0x1f0;
    r->rcx = 4;
    r->rsi = buf;
    DONE(0xf3, 0x66, 0x6f); /* rep outsw */
    cr_assert_eq(r->rcx, 0);
    cr_assert_eq(r->rsi, buf + 8);
    cr_assert_eq(fake_io_count, 4);
    cr_assert_eq(fake_io_last.val, 'g' | 'h' << 8);
    r->rdi = buf;
    DONE(0x6d); /* insl */
    cr_assert_eq(r->rdi, buf + 4);
    cr_assert_arr_eq(fake_guest_ptr(buf), "gh\xff\xff", 4);
    r->rflags = EFLAGS_DF;
    r->rcx = 2;
    DONE(0xf3, 0x6c);
    cr_assert_eq(r->rdi, buf + 2);
    r->rcx = 0;
    fake_io_count = 0;
    DONE(0xf3, 0x6c);
    cr_assert_eq(fake_io_count, 0);
}

Test(emulate, string_output_may_read_through_fs)
{
    gva_t buf = fake_guest_put("Z", 1);

    fake_base[BASE_FS] = buf - 0x10;
    r->rsi = 0x10;
    r->rdx = 0x80;
    DONE(0x64, 0x6e);
    cr_assert_eq(fake_io_last.val, 'Z');
}

Test(emulate, a_long_string_stops_when_asked_and_goes_on_later)
{
    gva_t buf = fake_guest_alloc(64);

    r->rdx = 0x1f0;
    r->rdi = buf;
    r->rcx = 64;
    fake_preempt_after = 9;
    cr_assert_eq(RUN(0xf3, 0x6c), EMUL_DONE);
    cr_assert_eq(r->rip, rip);
    cr_assert_eq(r->rcx, 54);
    cr_assert_eq(r->rdi, buf + 10);
    cr_assert_eq(emulate_privop(v), EMUL_DONE); /* at least one a time */
    cr_assert_eq(r->rcx, 53);
    fake_preempt_after = -1;
    cr_assert_eq(emulate_privop(v), EMUL_DONE);
    cr_assert_eq(r->rip, rip + 2);
    cr_assert_eq(r->rcx, 0);
}

Test(emulate, a_string_stops_at_the_fault_with_what_it_did)
{
    gva_t buf = ROUND_UP(fake_guest_alloc(2 * PAGE_SIZE), PAGE_SIZE) + PAGE_SIZE;

    fake_guest_alloc(PAGE_SIZE);
    r->rdx = 0x1f0;
    r->rdi = buf - 6;
    r->rcx = 4;
    rip = r->rip = fake_guest_put("\xf3\x6d", 2);
    memcpy(fake_guest_ptr(FAKE_GUEST_VA), "\xf3\x6d", 2);
    rip = r->rip = FAKE_GUEST_VA;
    fake_guest_limit = buf;
    cr_assert_eq(emulate_privop(v), EMUL_FAULT);
    cr_assert_eq(v->trap.vector, 14);
    cr_assert_eq(v->trap.cr2, buf);
    cr_assert_eq(v->trap.error, 2);
    cr_assert_eq(r->rcx, 3);
    cr_assert_eq(r->rdi, buf - 2);
    cr_assert_eq(r->rip, rip);
    r->rdi = HV_VIRT_START;
    cr_assert_eq(emulate_privop(v), EMUL_FAULT);
    cr_assert_eq(v->trap.vector, 13);
}

/* ---- forced emulation ---- */

static enum emul_result forced(const char *b, unsigned n)
{
    rip = r->rip = fake_guest_put(b, n);
    v->work = 0;
    return emulate_forced_cpuid(v);
}

Test(emulate, forced_cpuid_answers_and_advances)
{
    r->rax = 0xffffffff40000000;
    r->rcx = r->rbx = r->rdx = ~0ull;
    cr_assert_eq(forced("\x0f\x0bxen\x0f\xa2", 7), EMUL_DONE);
    cr_assert_eq(r->rip, rip + 7);
    cr_assert_eq(r->rax, 0x40000005);
    cr_assert_eq(r->rbx, 0x566e6558);
    cr_assert_eq(r->rcx, 0x65584d4d);
    cr_assert_eq(r->rdx, 0x4d4d566e);
}

Test(emulate, other_undefined_instructions_stay_undefined)
{
    r->rax = 1;
    cr_assert_eq(forced("\x0f\x0bxem\x0f\xa2", 7), EMUL_NOT);
    cr_assert_eq(forced("\x0f\x0b\x90\x90\x90\x90\x90", 7), EMUL_NOT);
    cr_assert_eq(forced("\x0f\x0bxen\x0f\x31", 7), EMUL_NOT);
    cr_assert_eq(forced("\x0f\xffxen\x0f\xa2", 7), EMUL_NOT);
    cr_assert_eq(r->rip, rip);
    cr_assert_eq(r->rax, 1);
}

Test(emulate, a_prefix_that_cannot_be_read_is_a_page_fault)
{
    gva_t page = ROUND_UP(fake_guest_alloc(3 * PAGE_SIZE), PAGE_SIZE) + PAGE_SIZE;

    memcpy(fake_guest_ptr(page - 3), "\x0f\x0bxen\x0f\xa2", 7);
    fake_guest_limit = page;
    r->rip = page - 3;
    cr_assert_eq(emulate_forced_cpuid(v), EMUL_FAULT);
    cr_assert_eq(v->trap.cr2, page);
    memcpy(fake_guest_ptr(page - 6), "\x0f\x0bxen\x0f\xa2", 7);
    r->rip = page - 6;
    cr_assert_eq(emulate_forced_cpuid(v), EMUL_FAULT);
    cr_assert_eq(v->trap.cr2, page);
    memcpy(fake_guest_ptr(page - 6), "\x0f\x0bxxx\x0f", 6);
    cr_assert_eq(emulate_forced_cpuid(v), EMUL_NOT);
}
