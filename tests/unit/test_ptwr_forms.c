/* SPDX-License-Identifier: MIT */
/* Checks [EMU-6] [EMU-7]. */
/*
 * Every form of store that the writable-page-table emulation knows, against the CPU itself: the same
 * instruction with the same registers runs natively on one copy of the entry and emulated on
 * another; memory, registers and flags must agree. Page tables are faked: one entry, no rules.
 *
 * LINK: core/ptwr.c core/ptwr_op.c core/emulate.c core/decode.c core/debugreg.c core/cpuid.c core/msr.c core/hypercall_page.c core/ioport.c core/segdesc.c
 */
#include "core/emulate.h"
#include "core/frame_ref.h"
#include "core/pagetype.h"
#include "fake_emul.h"
#include "fake_port.h"
#include <criterion/criterion.h>
#include <sys/mman.h>

#define VA 0x7000001000ull /* where the guest sees the table */
#define L1 MFN(300)
#define TABLE MFN(301)
#define INDEX 5

static struct vcpu *v;
static unsigned races; /* compare-and-exchanges that another CPU is to win first */
static int refuse_with;

/* ---- the page tables ---- */

static uint64_t *entry(void)
{
    return (uint64_t *)frame_va(TABLE) + INDEX;
}

/* The tables that map TABLE at VA. */
static void tables_build(void)
{
    for (int level = 4; level > 0; level--) {
        mfn_t m = level == 1 ? L1 : MFN(310 + (uint64_t)level),
              below = level == 2 ? L1 : MFN(m.n - 1);

        frame_of(m)->type = (uint32_t)level * TYPE_L1 | TYPE_VALIDATED | 1;
        ((uint64_t *)frame_va(m))[pte_index(VA, level)] =
            pte_make(level == 1 ? TABLE : below, PTE_P | PTE_US | (level > 1 ? PTE_RW : 0));
    }
    v->cr3_kernel = 314 << 12;
}

static uint64_t *mapping(void)
{
    return (uint64_t *)frame_va(L1) + pte_index(VA, 1);
}

uint64_t *entry_of_va(mfn_t l4, gva_t va, mfn_t *l1)
{
    (void)l4, (void)va, (void)l1;
    return NULL;
}

int frame_and_type_get(struct domain *d, mfn_t m, uint32_t type, bool may_preempt)
{
    (void)d, (void)m, (void)type, (void)may_preempt;
    cr_assert_fail("a table must not be validated here");
    return -EINVAL;
}

void frame_and_type_put(struct domain *d, struct frame *f)
{
    (void)d;
    f->word -= WORD_TYPE + WORD_REF;
}

int entry_cmpxchg_l1(struct vcpu *vcpu, struct domain *pt_dom, struct frame *f, unsigned index,
                     uint64_t expected, uint64_t val, uint64_t *seen)
{
    uint64_t *p = (uint64_t *)frame_va(frame_mfn(f)) + index;

    (void)vcpu, (void)pt_dom;
    if (refuse_with)
        return refuse_with;
    if (races) {
        races--;
        *p += 0x1000;
    }
    *seen = *p;
    if (*p != expected)
        return -EAGAIN;
    *p = val;
    return 0;
}

void frame_and_type_put_stray(struct frame *f)
{
    frame_and_type_put(NULL, f);
}
bool frame_get(struct frame *f, const struct domain *d)
{
    (void)f, (void)d;
    return false;
}
void frame_put(struct frame *f)
{
    (void)f;
}

/* ---- the CPU ---- */

struct native {
    uint64_t rax, rcx, rdx, rbx, rsi, rdi, r8, r9, flags;
    void *code;
};

void native_run(struct native *n);
__asm__(".text\n.globl native_run\nnative_run:\n"
        "push %rbx\npush %rbp\npush %r12\npush %rdi\n"
        "mov %rdi, %rbp\n"
        "push 64(%rbp)\npopfq\n"
        "mov (%rbp), %rax\nmov 8(%rbp), %rcx\nmov 16(%rbp), %rdx\nmov 24(%rbp), %rbx\n"
        "mov 32(%rbp), %rsi\nmov 40(%rbp), %rdi\nmov 48(%rbp), %r8\nmov 56(%rbp), %r9\n"
        "call *72(%rbp)\n"
        "mov %rax, (%rbp)\nmov %rcx, 8(%rbp)\nmov %rdx, 16(%rbp)\nmov %rbx, 24(%rbp)\n"
        "mov %rsi, 32(%rbp)\nmov %rdi, 40(%rbp)\nmov %r8, 48(%rbp)\nmov %r9, 56(%rbp)\n"
        "pushfq\npop 64(%rbp)\ncld\n"
        "pop %rdi\npop %r12\npop %rbp\npop %rbx\nret\n");

static uint8_t *code;

static void setup(void)
{
    fake_reset();
    fake_emul_reset();
    v = fake_domain(0, 1, true)->vcpus[0];
    v->regs.cs = FLAT_RING3_CS64;
    tables_build();
    frame_of(TABLE)->type = TYPE_L1 | TYPE_VALIDATED | 1;
    frame_of(TABLE)->refs = FRAME_ALLOCATED | 2;
    frame_of(TABLE)->owner = 0;
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    races = 0;
    refuse_with = 0;
}

TestSuite(ptwr_forms, .init = setup);

static uint64_t seed = 88172645463325252ull;
static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* Operands that meet the corners often. */
static uint64_t rnd_value(void)
{
    switch (rnd() % 4) {
    case 0: return rnd() % 3 - 1;
    case 1: return BIT(rnd() % 64) - rnd() % 2;
    default: return rnd();
    }
}

#define ARITH 0x8d5ull
#define CF 1ull

struct form {
    const char *name;
    uint8_t n, b[11];
    uint8_t bytes;
    uint64_t flags;    /* that the CPU defines */
    uint64_t rcx_mask; /* keeps a bit number inside the entry; 0: any */
};

/* Memory operand (%rdi); the other one in rcx, or an immediate. */
static const struct form forms[] = {
    {"mov64", 3, {0x48, 0x89, 0x0f}, 8, ARITH, 0},
    {"mov32", 2, {0x89, 0x0f}, 4, ARITH, 0},
    {"mov16", 3, {0x66, 0x89, 0x0f}, 2, ARITH, 0},
    {"mov8", 2, {0x88, 0x0f}, 1, ARITH, 0},
    {"mov8 ch", 2, {0x88, 0x2f}, 1, ARITH, 0},
    {"mov8 sil", 3, {0x40, 0x88, 0x37}, 1, ARITH, 0},
    {"mov64 r9", 3, {0x4c, 0x89, 0x0f}, 8, ARITH, 0},
    {"mov64 disp8", 4, {0x48, 0x89, 0x4f, 0x00}, 8, ARITH, 0},
    {"mov64 disp32", 7, {0x48, 0x89, 0x8f, 0, 0, 0, 0}, 8, ARITH, 0},
    {"mov64 sib", 4, {0x48, 0x89, 0x0c, 0x27}, 8, ARITH, 0},
    {"xchg64 r8 disp8", 5, {0x3e, 0x4c, 0x87, 0x47, 0x00}, 8, ARITH, 0},
    {"cmpxchg64 r9", 4, {0x4c, 0x0f, 0xb1, 0x0f}, 8, ARITH, 0},
    {"movnti", 4, {0x48, 0x0f, 0xc3, 0x0f}, 8, ARITH, 0},
    {"mov imm64", 7, {0x48, 0xc7, 0x07, 1, 2, 3, 0x84}, 8, ARITH, 0},
    {"mov imm32", 6, {0xc7, 0x07, 1, 2, 3, 0x84}, 4, ARITH, 0},
    {"mov imm16", 5, {0x66, 0xc7, 0x07, 1, 0x82}, 2, ARITH, 0},
    {"mov imm8", 3, {0xc6, 0x07, 0x81}, 1, ARITH, 0},
    {"xchg64", 3, {0x48, 0x87, 0x0f}, 8, ARITH, 0},
    {"xchg32", 2, {0x87, 0x0f}, 4, ARITH, 0},
    {"xchg16", 3, {0x66, 0x87, 0x0f}, 2, ARITH, 0},
    {"xchg8", 2, {0x86, 0x0f}, 1, ARITH, 0},
    {"lock cmpxchg64", 5, {0xf0, 0x48, 0x0f, 0xb1, 0x0f}, 8, ARITH, 0},
    {"cmpxchg32", 3, {0x0f, 0xb1, 0x0f}, 4, ARITH, 0},
    {"cmpxchg16", 4, {0x66, 0x0f, 0xb1, 0x0f}, 2, ARITH, 0},
    {"cmpxchg8", 3, {0x0f, 0xb0, 0x0f}, 1, ARITH, 0},
    {"lock cmpxchg8b", 4, {0xf0, 0x0f, 0xc7, 0x0f}, 8, ARITH, 0},
    {"lock xadd64", 5, {0xf0, 0x48, 0x0f, 0xc1, 0x0f}, 8, ARITH, 0},
    {"xadd16", 4, {0x66, 0x0f, 0xc1, 0x0f}, 2, ARITH, 0},
    {"xadd8", 3, {0x0f, 0xc0, 0x0f}, 1, ARITH, 0},
    {"lock or64", 4, {0xf0, 0x48, 0x09, 0x0f}, 8, ARITH & ~0x10, 0},
    {"lock and64", 4, {0xf0, 0x48, 0x21, 0x0f}, 8, ARITH & ~0x10, 0},
    {"lock xor64", 4, {0xf0, 0x48, 0x31, 0x0f}, 8, ARITH & ~0x10, 0},
    {"lock add64", 4, {0xf0, 0x48, 0x01, 0x0f}, 8, ARITH, 0},
    {"lock sub64", 4, {0xf0, 0x48, 0x29, 0x0f}, 8, ARITH, 0},
    {"adc64", 3, {0x48, 0x11, 0x0f}, 8, ARITH, 0},
    {"sbb64", 3, {0x48, 0x19, 0x0f}, 8, ARITH, 0},
    {"adc8", 2, {0x10, 0x0f}, 1, ARITH, 0},
    {"sbb16", 3, {0x66, 0x19, 0x0f}, 2, ARITH, 0},
    {"add32", 2, {0x01, 0x0f}, 4, ARITH, 0},
    {"sub8", 2, {0x28, 0x0f}, 1, ARITH, 0},
    {"lock andb $~2", 4, {0xf0, 0x80, 0x27, 0xfd}, 1, ARITH & ~0x10, 0},
    {"andl $imm8", 3, {0x83, 0x27, 0xf0}, 4, ARITH & ~0x10, 0},
    {"orq $imm8", 4, {0x48, 0x83, 0x0f, 0x81}, 8, ARITH & ~0x10, 0},
    {"xorw $imm16", 5, {0x66, 0x81, 0x37, 0x34, 0x82}, 2, ARITH & ~0x10, 0},
    {"addq $imm32", 7, {0x48, 0x81, 0x07, 1, 2, 3, 0x84}, 8, ARITH, 0},
    {"subb $imm8", 3, {0x80, 0x2f, 0x80}, 1, ARITH, 0},
    {"adcl $imm8", 3, {0x83, 0x17, 0xff}, 4, ARITH, 0},
    {"sbbq $imm8", 4, {0x48, 0x83, 0x1f, 0x01}, 8, ARITH, 0},
    {"lock btr64 $5", 6, {0xf0, 0x48, 0x0f, 0xba, 0x37, 5}, 8, CF, 0},
    {"bts64 $63", 5, {0x48, 0x0f, 0xba, 0x2f, 63}, 8, CF, 0},
    {"btc32 $37", 4, {0x0f, 0xba, 0x3f, 37}, 4, CF, 0},
    {"btr16 $3", 5, {0x66, 0x0f, 0xba, 0x37, 3}, 2, CF, 0},
    {"lock bts64", 5, {0xf0, 0x48, 0x0f, 0xab, 0x0f}, 8, CF, 63},
    {"btr64", 4, {0x48, 0x0f, 0xb3, 0x0f}, 8, CF, 63},
    {"btc32", 3, {0x0f, 0xbb, 0x0f}, 4, CF, 31},
    {"incq", 3, {0x48, 0xff, 0x07}, 8, ARITH, 0},
    {"decl", 2, {0xff, 0x0f}, 4, ARITH, 0},
    {"incb", 2, {0xfe, 0x07}, 1, ARITH, 0},
    {"notq", 3, {0x48, 0xf7, 0x17}, 8, ARITH, 0},
    {"negw", 3, {0x66, 0xf7, 0x1f}, 2, ARITH, 0},
    {"negb", 2, {0xf6, 0x1f}, 1, ARITH, 0},
    {"stosq", 2, {0x48, 0xab}, 8, ARITH, 0},
    {"stosb", 1, {0xaa}, 1, ARITH, 0},
    {"movsq", 2, {0x48, 0xa5}, 8, ARITH, 0},
    {"movsw", 2, {0x66, 0xa5}, 2, ARITH, 0},
};

static void run_form(const struct form *f)
{
    static uint64_t cell[3];
    unsigned offset = (unsigned)(rnd() % (8 / f->bytes)) * f->bytes;
    uint64_t old = rnd_value(), source = rnd_value();
    gva_t source_va = fake_guest_put(&source, 8), rip = fake_guest_put(f->b, 16);
    bool string = f->n <= 2 && (f->b[f->n - 1] & 0xf0) == 0xa0;
    bool movs = string && (f->b[f->n - 1] & 0xfe) == 0xa4;
    struct cpu_user_regs *r = &v->regs;
    uint64_t table[512];
    struct native n = {
        .rax = rnd() % 3 ? rnd_value() : old >> offset * 8,
        .rcx = rnd_value(),
        .rdx = rnd_value(),
        .rbx = rnd_value(),
        .r8 = rnd(),
        .r9 = rnd(),
        .flags = 2 | (rnd() & ARITH) | (string && rnd() & 1 ? EFLAGS_DF : 0),
    };

    if (f->rcx_mask)
        n.rcx &= f->rcx_mask;
    if (f->b[2] == 0xc7 && rnd() & 1) { /* cmpxchg8b that succeeds */
        n.rax = (uint32_t)old;
        n.rdx = old >> 32;
    }
    n.rsi = movs ? (uint64_t)&source : rnd();
    *r = (struct cpu_user_regs){
        .rax = n.rax,
        .rcx = n.rcx,
        .rdx = n.rdx,
        .rbx = n.rbx,
        .r8 = n.r8,
        .r9 = n.r9,
        .rsi = movs ? source_va : n.rsi,
        .rdi = VA + INDEX * 8 + offset,
        .rip = rip,
        .cs = FLAT_RING3_CS64,
        .rflags = n.flags | EFLAGS_RF | 0x200,
    };
    cell[1] = old;
    *entry() = old;
    memcpy(table, frame_va(TABLE), sizeof(table));
    n.rdi = (uint64_t)&cell[1] + offset;
    memcpy(code, f->b, f->n);
    code[f->n] = 0xc3;
    n.code = code;
    native_run(&n);

    cr_assert_eq(emulate_ptwr(v, r->rdi, 3), EMUL_DONE, "%s", f->name);
    cr_assert_eq(*entry(), cell[1], "%s: entry %lx, CPU %lx, was %lx", f->name, *entry(), cell[1],
                 old);
    cr_assert_eq(r->rip, rip + f->n, "%s", f->name);
    cr_assert_eq((r->rflags ^ n.flags) & f->flags, 0, "%s: flags %lx, CPU %lx", f->name, r->rflags,
                 n.flags);
    cr_assert_eq(r->rflags & (EFLAGS_RF | 0x200), 0x200);
    cr_assert(r->rax == n.rax && r->rcx == n.rcx && r->rdx == n.rdx && r->rbx == n.rbx, "%s",
              f->name);
    cr_assert(r->r8 == n.r8 && r->r9 == n.r9, "%s", f->name);
    cr_assert_eq(r->rdi - VA - INDEX * 8, n.rdi - (uint64_t)&cell[1], "%s", f->name);
    cr_assert_eq(r->rsi - (movs ? source_va : 0), n.rsi - (movs ? (uint64_t)&source : 0), "%s",
                 f->name);
    table[INDEX] = *entry();
    cr_assert_arr_eq(table, frame_va(TABLE), sizeof(table), "%s wrote beside its entry", f->name);
    cr_assert_eq(frame_of(TABLE)->type & TYPE_COUNT_MASK, 1);
    cr_assert_eq(frame_of(TABLE)->refs, FRAME_ALLOCATED | 2);
}

Test(ptwr_forms, every_form_does_what_the_cpu_does)
{
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        for (unsigned n = 0; n < 500; n++)
            run_form(&forms[i]);
}

static gva_t start;

static enum emul_result emulate(const void *b, unsigned n, uint64_t cr2)
{
    uint8_t padded[16] = {0};

    memcpy(padded, b, n);
    v->regs.rip = start = fake_guest_put(padded, 16);
    return emulate_ptwr(v, cr2, 3);
}

#define CODE(...) (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

Test(ptwr_forms, a_lost_race_is_computed_again)
{
    v->regs.rdi = VA + INDEX * 8;
    *entry() = 0x10;
    races = 3;
    cr_assert_eq(emulate(CODE(0xf0, 0x48, 0x83, 0x0f, 0x02), v->regs.rdi), EMUL_DONE); /* or $2 */
    cr_assert_eq(*entry(), 0x3012);
}

Test(ptwr_forms, a_bit_number_beyond_the_operand_moves_to_its_entry)
{
    v->regs.rdi = VA + INDEX * 8 + 64;
    v->regs.rcx = (uint64_t)-8 * 64 + 3;
    *entry() = 0;
    cr_assert_eq(emulate(CODE(0x48, 0x0f, 0xab, 0x0f), VA + INDEX * 8), EMUL_DONE);
    cr_assert_eq(*entry(), 8);
}

Test(ptwr_forms, every_base_register_and_displacement_names_its_entry)
{
    for (unsigned reg = 0; reg < 16; reg++)
        for (unsigned mod = 0; mod < 3; mod++)
            for (int sign = -1; sign <= 1; sign += 2) {
                int disp = mod == 0 ? 0 : mod == 1 ? sign * 0x40 : sign * 0x12345678;
                uint8_t b[16] = {(uint8_t)(0x48 | reg >> 3), 0x89,
                                 (uint8_t)(mod << 6 | 2 << 3 | (reg & 7))}; /* mov %rdx */
                unsigned n = 3;

                if (mod == 0 && (reg & 7) == 5)
                    continue; /* that is rip */
                if ((reg & 7) == 4)
                    b[n++] = 0x24;
                memcpy(b + n, &disp, 4);
                n += mod == 1 ? 1 : mod == 2 ? 4 : 0;
                v->regs.rdx = 0x5000 + reg * 16 + mod;
                gpr_set(&v->regs, reg, VA + INDEX * 8 - (uint64_t)(int64_t)disp);
                cr_assert_eq(emulate(b, n, VA + INDEX * 8), EMUL_DONE, "reg %u mod %u", reg, mod);
                cr_assert_eq(*entry(), v->regs.rdx, "reg %u mod %u", reg, mod);
                cr_assert_eq(v->regs.rip, start + n, "reg %u mod %u", reg, mod);
            }
}

Test(ptwr_forms, rep_stos_does_one_entry_and_repeats)
{
    v->regs.rdi = VA + INDEX * 8;
    v->regs.rcx = 2;
    v->regs.rax = 0xabc000;
    cr_assert_eq(emulate(CODE(0xf3, 0x48, 0xab), v->regs.rdi), EMUL_DONE);
    cr_assert_eq(*entry(), 0xabc000);
    cr_assert_eq(v->regs.rcx, 1);
    cr_assert_eq(v->regs.rdi, VA + INDEX * 8 + 8);
    cr_assert_eq(*(uint8_t *)fake_guest_ptr(v->regs.rip), 0xf3);
    v->regs.rdi -= 8;
    cr_assert_eq(emulate_ptwr(v, v->regs.rdi, 3), EMUL_DONE);
    cr_assert_eq(v->regs.rcx, 0);
    cr_assert_eq(*(uint8_t *)fake_guest_ptr(v->regs.rip), 0); /* behind it */
}

Test(ptwr_forms, pushes_onto_an_entry_and_pops_into_one)
{
    static const struct {
        uint8_t n, b[6];
        uint64_t value;
    } pushes[] = {
        {1, {0x51}, 0x1111},             /* rcx */
        {2, {0x41, 0x51}, 0x9999},       /* r9 */
        {1, {0x54}, VA + INDEX * 8 + 8}, /* rsp as it was */
        {2, {0x6a, 0xf0}, (uint64_t)-16},
        {5, {0x68, 0, 0, 0, 0x80}, 0xffffffff80000000},
        {2, {0xff, 0x36}, 0x5555}, /* (%rsi) */
    };
    uint64_t source = 0x5555;

    v->regs.rsi = fake_guest_put(&source, 8);
    v->regs.rcx = 0x1111;
    v->regs.r9 = 0x9999;
    for (unsigned i = 0; i < ARRAY_SIZE(pushes); i++) {
        v->regs.rsp = VA + INDEX * 8 + 8;
        cr_assert_eq(emulate(pushes[i].b, pushes[i].n, v->regs.rsp - 8), EMUL_DONE, "push %u", i);
        cr_assert_eq(*entry(), pushes[i].value, "push %u", i);
        cr_assert_eq(v->regs.rsp, VA + INDEX * 8);
        cr_assert_eq(v->regs.rip, start + pushes[i].n);
    }
    v->regs.rsp = v->regs.rsi;
    v->regs.rdi = VA + INDEX * 8;
    cr_assert_eq(emulate(CODE(0x8f, 0x07), v->regs.rdi), EMUL_DONE);
    cr_assert_eq(*entry(), 0x5555);
    cr_assert_eq(v->regs.rsp, v->regs.rsi + 8);
    v->regs.rsp = 0x1000; /* nothing to pop */
    cr_assert_eq(emulate(CODE(0x8f, 0x07), v->regs.rdi), EMUL_FAULT);
    cr_assert_eq(v->trap.cr2, 0x1000);
}

Test(ptwr_forms, what_crosses_an_entry_or_leaves_the_page_is_the_guests_fault)
{
    v->regs.rdi = VA + INDEX * 8 + 4;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    v->regs.rdi = VA + INDEX * 8 + 1;
    cr_assert_eq(emulate(CODE(0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    v->regs.rdi = VA + 4096;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), VA + 8), EMUL_NOT);
    cr_assert_eq(*entry(), 0);
}

Test(ptwr_forms, what_is_no_store_to_memory_is_not_emulated)
{
    v->regs.rdi = VA + INDEX * 8;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0xcf), v->regs.rdi), EMUL_NOT); /* mov %rcx,%rdi */
    cr_assert_eq(emulate(CODE(0x80, 0x3f, 0x00), v->regs.rdi), EMUL_NOT); /* cmpb */
    cr_assert_eq(emulate(CODE(0xf6, 0x07, 0x00), v->regs.rdi), EMUL_NOT); /* testb */
    cr_assert_eq(emulate(CODE(0x48, 0x0f, 0xba, 0x27, 5), v->regs.rdi), EMUL_NOT); /* bt */
    cr_assert_eq(emulate(CODE(0x0f, 0x30), v->regs.rdi), EMUL_NOT);                /* wrmsr */
    cr_assert_eq(emulate(CODE(0xee), v->regs.rdi), EMUL_NOT);
    cr_assert_eq(emulate(CODE(0x65, 0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT); /* %gs: */
    cr_assert_eq(emulate(CODE(0xff, 0x17), v->regs.rdi), EMUL_NOT);             /* call */
    cr_assert_eq(emulate(CODE(0x50), v->regs.rdi), EMUL_NOT);                   /* push elsewhere */
    cr_assert_eq(emulate(CODE(0x48, 0x0f, 0xc7, 0x0f), v->regs.rdi), EMUL_NOT); /* cmpxchg16b */
}

Test(ptwr_forms, a_refused_entry_is_the_guests_fault_and_changes_nothing)
{
    v->regs.rdi = VA + INDEX * 8;
    v->regs.rcx = 0x1234;
    refuse_with = -EINVAL;
    cr_assert_eq(emulate(CODE(0x48, 0x87, 0x0f), v->regs.rdi), EMUL_NOT);
    cr_assert_eq(v->regs.rcx, 0x1234);
    cr_assert_eq(*entry(), 0);
    cr_assert_eq(frame_of(TABLE)->type & TYPE_COUNT_MASK, 1);
}

Test(ptwr_forms, a_preempted_entry_is_tried_again)
{
    gva_t rip;

    v->regs.rdi = VA + INDEX * 8;
    refuse_with = -ERESTART;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_DONE);
    rip = v->regs.rip;
    refuse_with = 0;
    v->regs.rcx = 0x77000;
    cr_assert_eq(emulate_ptwr(v, v->regs.rdi, 3), EMUL_DONE);
    cr_assert_eq(v->regs.rip, rip + 3);
    cr_assert_eq(*entry(), 0x77000);
}

Test(ptwr_forms, only_read_only_mappings_of_own_validated_l1_tables)
{
    uint64_t *map = mapping();

    v->regs.rdi = VA + INDEX * 8;
    *map |= PTE_RW;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    *map &= ~PTE_RW;
    frame_of(TABLE)->type = TYPE_L2 | TYPE_VALIDATED | 1;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    frame_of(TABLE)->type = TYPE_L1 | 1;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    frame_of(TABLE)->type = TYPE_L1 | TYPE_VALIDATED;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    frame_of(TABLE)->type = TYPE_L1 | TYPE_VALIDATED | 1;
    frame_of(TABLE)->owner = 3;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    frame_of(TABLE)->owner = 0;
    *map = 0;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    *map = pte_make(MFN(max_mfn + 5), PTE_P);
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_NOT);
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), HV_VIRT_START), EMUL_NOT);
}

Test(ptwr_forms, code_that_cannot_be_read_is_a_page_fault_at_its_address)
{
    v->regs.rdi = VA + INDEX * 8;
    v->regs.rip = 0x1000;
    cr_assert_eq(emulate_ptwr(v, v->regs.rdi, 3), EMUL_FAULT);
    cr_assert_eq(v->trap.vector, 14);
    cr_assert_eq(v->trap.cr2, 0x1000);
    cr_assert_eq(v->trap.error, 0x10);
    cr_assert(v->work & WORK_TRAP);
}

Test(ptwr_forms, an_unreadable_source_of_movs_is_a_page_fault)
{
    v->regs.rdi = VA + INDEX * 8;
    v->regs.rsi = 0x2000;
    cr_assert_eq(emulate(CODE(0x48, 0xa5), v->regs.rdi), EMUL_FAULT);
    cr_assert_eq(v->trap.cr2, 0x2000);
    cr_assert_eq(v->trap.error, 0);
    cr_assert_eq(v->regs.rdi, VA + INDEX * 8);
}

Test(ptwr_forms, single_step_traps_after_the_store)
{
    v->regs.rdi = VA + INDEX * 8;
    v->regs.rflags = EFLAGS_TF;
    cr_assert_eq(emulate(CODE(0x48, 0x89, 0x0f), v->regs.rdi), EMUL_DONE);
    cr_assert_eq(v->trap.vector, 1);
    cr_assert_eq(v->dr[6], 0xffff4ff0);
}
