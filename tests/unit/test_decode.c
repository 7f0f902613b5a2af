/* SPDX-License-Identifier: MIT */
/* LINK: core/decode.c */
#include "core/decode.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct insn in;

/* Decode exactly these bytes, from an object that ends where they end. */
static int decode(const void *bytes, unsigned n)
{
    uint8_t *b = malloc(n ? n : 1);
    int len;

    memcpy(b, bytes, n);
    len = insn_decode(&in, b, n);
    free(b);
    return len;
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

static const struct {
    uint8_t n, b[15];
    uint16_t opcode;
    uint8_t bytes;
} forms[] = {
    {3, {0x48, 0x89, 0x07}, 0x89, 8}, /* mov %rax,(%rdi) */
    {2, {0x89, 0x07}, 0x89, 4},
    {3, {0x66, 0x89, 0x07}, 0x89, 2},
    {2, {0x88, 0x07}, 0x88, 1},
    {7, {0x48, 0xc7, 0x07, 1, 2, 3, 4}, 0xc7, 8},
    {5, {0x66, 0xc7, 0x07, 1, 2}, 0xc7, 2},
    {3, {0xc6, 0x07, 1}, 0xc6, 1},
    {4, {0xf0, 0x80, 0x27, 0xfd}, 0x80, 1},                      /* lock andb */
    {6, {0xf0, 0x48, 0x0f, 0xba, 0x37, 0x05}, INSN_0F(0xba), 8}, /* lock btrq $5 */
    {5, {0xf0, 0x48, 0x0f, 0xb1, 0x0f}, INSN_0F(0xb1), 8},       /* lock cmpxchg */
    {4, {0x3e, 0x48, 0x87, 0x07}, 0x87, 8},
    {4, {0x48, 0x89, 0x45, 0x08}, 0x89, 8},
    {7, {0x48, 0x89, 0x85, 8, 0, 0, 0}, 0x89, 8},
    {4, {0x48, 0x89, 0x04, 0x07}, 0x89, 8},
    {8, {0x48, 0x89, 0x04, 0x25, 8, 0, 0, 0}, 0x89, 8},
    {7, {0x48, 0x89, 0x05, 8, 0, 0, 0}, 0x89, 8},
    {11, {0x48, 0xc7, 0x05, 8, 0, 0, 0, 1, 0, 0, 0}, 0xc7, 8},
    {3, {0x0f, 0x20, 0xc0}, INSN_0F(0x20), 4},
    {4, {0x44, 0x0f, 0x20, 0xc0}, INSN_0F(0x20), 4},
    {2, {0x0f, 0x30}, INSN_0F(0x30), 4},
    {2, {0x0f, 0x06}, INSN_0F(0x06), 4},
    {1, {0xec}, 0xec, 1},
    {2, {0x66, 0xed}, 0xed, 2},
    {2, {0xe4, 0x61}, 0xe4, 1},
    {2, {0xf3, 0x6c}, 0x6c, 1},
    {3, {0x0f, 0x01, 0xd1}, INSN_0F(0x01), 4},
    {1, {0xfa}, 0xfa, 4},
};

Test(decode, every_form_has_its_length_and_operand_size)
{
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        cr_assert_eq(decode(forms[i].b, forms[i].n), forms[i].n, "form %u", i);
        cr_assert_eq(in.opcode, forms[i].opcode, "form %u", i);
        cr_assert_eq(in.bytes, forms[i].bytes, "form %u", i);
        cr_assert_eq(in.len, forms[i].n);
    }
}

Test(decode, missing_bytes_are_short_and_more_bytes_change_nothing)
{
    for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        uint8_t longer[15];

        for (unsigned n = 0; n < forms[i].n; n++)
            cr_assert_eq(decode(forms[i].b, n), INSN_SHORT, "form %u cut to %u", i, n);
        memset(longer, 0x90, sizeof(longer));
        memcpy(longer, forms[i].b, forms[i].n);
        cr_assert_eq(decode(longer, 15), forms[i].n, "form %u", i);
    }
}

Test(decode, what_is_not_emulated_is_unknown)
{
    static const uint8_t ops[] = {0x90, 0xf4, 0x58, 0xc3, 0xcd, 0x8b, 0x39, 0xc4, 0x62, 0xd1};
    static const uint8_t two[] = {0x00, 0x05, 0x07, 0x08, 0x0b, 0x33, 0x35, 0x38, 0x90, 0xff};

    for (unsigned i = 0; i < sizeof(ops); i++)
        cr_assert_eq(decode((uint8_t[]){ops[i], 0, 0, 0}, 4), INSN_UNKNOWN, "%x", ops[i]);
    for (unsigned i = 0; i < sizeof(two); i++)
        cr_assert_eq(decode((uint8_t[]){0x0f, two[i], 0, 0}, 4), INSN_UNKNOWN, "0f %x", two[i]);
}

Test(decode, more_than_15_bytes_is_no_instruction)
{
    uint8_t b[20];

    memset(b, 0x66, sizeof(b));
    cr_assert_eq(decode(b, 14), INSN_SHORT);
    cr_assert_eq(decode(b, 15), INSN_UNKNOWN);
    b[14] = 0xec;
    cr_assert_eq(decode(b, 15), 15);
    b[13] = 0x89; /* mov with ModRM (%rdi+disp32): 18 bytes */
    b[14] = 0x87;
    cr_assert_eq(decode(b, 20), INSN_UNKNOWN);
}

Test(decode, rex_counts_only_right_before_the_opcode)
{
    cr_assert_eq(decode(BYTES(0x48, 0x66, 0x89, 0x07)), 4);
    cr_assert_eq(in.bytes, 2);
    cr_assert_eq(decode(BYTES(0x66, 0x48, 0x89, 0x07)), 4);
    cr_assert_eq(in.bytes, 8);
    cr_assert_eq(decode(BYTES(0x48, 0x41, 0x89, 0x07)), 4);
    cr_assert_eq(in.bytes, 4);
    cr_assert_eq(in.rm, 15);
}

Test(decode, segment_rep_lock_and_address_size_are_kept)
{
    decode(BYTES(0x64, 0x89, 0x07));
    cr_assert_eq(in.seg, INSN_SEG_FS);
    decode(BYTES(0x65, 0x67, 0xf0, 0x89, 0x07));
    cr_assert_eq(in.seg, INSN_SEG_GS);
    cr_assert(in.lock && in.addr32);
    decode(BYTES(0xf3, 0x48, 0xab));
    cr_assert_eq(in.rep, 0xf3);
}

Test(decode, control_register_moves_ignore_mod)
{
    cr_assert_eq(decode(BYTES(0x0f, 0x22, 0x04)), 3); /* mod 0, rm 4: no SIB */
    cr_assert_eq(in.mod, 3);
    cr_assert_eq(in.rm, 4);
}

static struct cpu_user_regs regs = {
    .rax = 0x1000,
    .rbx = 0x20,
    .rbp = 0x3000,
    .rsp = 0x4000,
    .rdi = 0x5000,
    .r12 = 0x6000,
    .r13 = 0x7000,
    .rip = 0x8000,
};

Test(decode, memory_operands_of_every_kind)
{
    static const struct {
        uint8_t n, b[9];
        uint64_t ea;
    } ea[] = {
        {3, {0x48, 0x89, 0x07}, 0x5000},       /* (%rdi) */
        {4, {0x48, 0x89, 0x47, 0xf8}, 0x4ff8}, /* -8(%rdi) */
        {7, {0x48, 0x89, 0x87, 0, 1, 0, 0}, 0x5100},
        {4, {0x48, 0x89, 0x04, 0x24}, 0x4000},            /* (%rsp) */
        {4, {0x49, 0x89, 0x04, 0x24}, 0x6000},            /* (%r12) */
        {4, {0x49, 0x89, 0x45, 0x00}, 0x7000},            /* (%r13) */
        {4, {0x48, 0x89, 0x04, 0xd8}, 0x1100},            /* (%rax,%rbx,8) */
        {4, {0x4a, 0x89, 0x04, 0x20}, 0x7000},            /* (%rax,%r12,1) */
        {8, {0x48, 0x89, 0x04, 0xdd, 4, 0, 0, 0}, 0x104}, /* 4(,%rbx,8) */
        {8, {0x48, 0x89, 0x04, 0x25, 0, 0, 0, 0x80}, 0xffffffff80000000},
        {7, {0x48, 0x89, 0x05, 1, 0, 0, 0}, 0x8008}, /* 1(%rip) */
        {4, {0x48, 0x89, 0x45, 0x00}, 0x3000},       /* (%rbp) */
        {5, {0x67, 0x48, 0x89, 0x47, 0xf8}, 0x4ff8},
    };

    for (unsigned i = 0; i < sizeof(ea) / sizeof(ea[0]); i++) {
        cr_assert_eq(decode(ea[i].b, ea[i].n), ea[i].n, "operand %u", i);
        cr_assert_eq(insn_offset(&in, &regs), ea[i].ea, "operand %u", i);
    }
}

Test(decode, a_32_bit_address_is_cut)
{
    struct cpu_user_regs r = {.rdi = 0xffffffff00001000};

    decode(BYTES(0x67, 0x48, 0x89, 0x47, 0x08));
    cr_assert_eq(insn_offset(&in, &r), 0x1008);
}

Test(decode, immediates_are_sign_extended)
{
    decode(BYTES(0x83, 0x27, 0xfe));
    cr_assert_eq(in.imm, ~1ull);
    decode(BYTES(0x48, 0xc7, 0x07, 0, 0, 0, 0x80));
    cr_assert_eq(in.imm, 0xffffffff80000000);
    decode(BYTES(0x66, 0x81, 0x27, 0x00, 0x80));
    cr_assert_eq(in.imm, 0xffffffffffff8000);
}

Test(decode, byte_registers_without_rex_are_the_high_ones)
{
    struct cpu_user_regs r = {.rax = 0x1122334455667788, .rsp = 0xaabb};

    decode(BYTES(0x88, 0x27)); /* mov %ah,(%rdi) */
    cr_assert_eq(gpr_read(&r, &in, in.reg, 1), 0x77);
    gpr_write(&r, &in, in.reg, 1, 0xee);
    cr_assert_eq(r.rax, 0x112233445566ee88);
    decode(BYTES(0x40, 0x88, 0x27)); /* mov %spl,(%rdi) */
    cr_assert_eq(gpr_read(&r, &in, in.reg, 1), 0xbb);
}

Test(decode, writing_32_bits_clears_the_upper_half_and_16_bits_keep_the_rest)
{
    struct cpu_user_regs r = {.rcx = 0x1122334455667788, .r9 = ~0ull};

    gpr_write(&r, &in, 1, 2, 0xaaaa);
    cr_assert_eq(r.rcx, 0x112233445566aaaa);
    gpr_write(&r, &in, 1, 4, 0xbbbbbbbb);
    cr_assert_eq(r.rcx, 0xbbbbbbbb);
    gpr_write(&r, &in, 9, 8, 5);
    cr_assert_eq(r.r9, 5);
}
