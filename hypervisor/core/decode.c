/* SPDX-License-Identifier: MIT */
#include "core/decode.h"

/* What an opcode brings with it. */
#define OK 0x01
#define M 0x02    /* ModRM */
#define I8 0x04   /* one byte immediate */
#define IZ 0x08   /* two or four bytes, by operand size */
#define BYTE 0x10 /* byte operands */
#define PFX 0x20  /* a prefix */
#define TWO 0x40  /* 0f: the two-byte map */
#define REG 0x80  /* ModRM always names a register, whatever its mod */

static const uint8_t one_byte[256] = {
    /* op r/m, r of add or adc sbb and sub xor */
    [0x00] = OK | M | BYTE,
    [0x01] = OK | M,
    [0x08] = OK | M | BYTE,
    [0x09] = OK | M,
    [0x10] = OK | M | BYTE,
    [0x11] = OK | M,
    [0x18] = OK | M | BYTE,
    [0x19] = OK | M,
    [0x20] = OK | M | BYTE,
    [0x21] = OK | M,
    [0x28] = OK | M | BYTE,
    [0x29] = OK | M,
    [0x30] = OK | M | BYTE,
    [0x31] = OK | M,
    [0x0f] = TWO,
    [0x26] = PFX,
    [0x2e] = PFX,
    [0x36] = PFX,
    [0x3e] = PFX,
    [0x40 ... 0x4f] = PFX,
    [0x50 ... 0x57] = OK, /* push register */
    [0x64 ... 0x67] = PFX,
    [0x68] = OK | IZ,
    [0x6a] = OK | I8, /* push imm */
    [0x6c] = OK | BYTE,
    [0x6d] = OK, /* ins */
    [0x6e] = OK | BYTE,
    [0x6f] = OK, /* outs */
    [0x80] = OK | M | I8 | BYTE,
    [0x81] = OK | M | IZ,
    [0x83] = OK | M | I8,
    [0x86] = OK | M | BYTE,
    [0x87] = OK | M, /* xchg */
    [0x88] = OK | M | BYTE,
    [0x89] = OK | M, /* mov r/m, r */
    [0x8f] = OK | M, /* pop */
    [0xa4] = OK | BYTE,
    [0xa5] = OK, /* movs */
    [0xaa] = OK | BYTE,
    [0xab] = OK, /* stos */
    [0xc6] = OK | M | I8 | BYTE,
    [0xc7] = OK | M | IZ, /* mov r/m, imm */
    [0xe4] = OK | I8 | BYTE,
    [0xe5] = OK | I8, /* in, out */
    [0xe6] = OK | I8 | BYTE,
    [0xe7] = OK | I8,
    [0xec] = OK | BYTE,
    [0xed] = OK,
    [0xee] = OK | BYTE,
    [0xef] = OK,
    [0xf0] = PFX,
    [0xf2] = PFX,
    [0xf3] = PFX,
    [0xf6] = OK | M | BYTE,
    [0xf7] = OK | M, /* not, neg */
    [0xfa] = OK,
    [0xfb] = OK, /* cli, sti */
    [0xfe] = OK | M | BYTE,
    [0xff] = OK | M, /* inc, dec, push */
};

static const uint8_t two_byte[256] = {
    [0x01] = OK | M,                /* xsetbv, rdtscp */
    [0x06] = OK,                    /* clts */
    [0x09] = OK,                    /* wbinvd */
    [0x20 ... 0x23] = OK | M | REG, /* mov cr, dr */
    [0x30] = OK,
    [0x31] = OK,
    [0x32] = OK, /* wrmsr, rdtsc, rdmsr */
    [0xa2] = OK, /* cpuid */
    [0xab] = OK | M,
    [0xb3] = OK | M,
    [0xbb] = OK | M, /* bts, btr, btc */
    [0xba] = OK | M | I8,
    [0xb0] = OK | M | BYTE,
    [0xb1] = OK | M, /* cmpxchg */
    [0xc0] = OK | M | BYTE,
    [0xc1] = OK | M, /* xadd */
    [0xc3] = OK | M, /* movnti */
    [0xc7] = OK | M, /* cmpxchg8b */
};

const uint8_t gpr_offset[16] = {
#define R(name) offsetof(struct cpu_user_regs, name)
    R(rax), R(rcx), R(rdx), R(rbx), R(rsp), R(rbp), R(rsi), R(rdi),
    R(r8),  R(r9),  R(r10), R(r11), R(r12), R(r13), R(r14), R(r15),
#undef R
};

static bool is_high_byte(const struct insn *i, unsigned n, unsigned bytes)
{
    return bytes == 1 && !i->rex && n >= 4 && n < 8;
}

uint64_t gpr_read(const struct cpu_user_regs *r, const struct insn *i, unsigned n, unsigned bytes)
{
    if (bytes == 8)
        return gpr_get(r, n);
    if (is_high_byte(i, n, bytes))
        return gpr_get(r, n - 4) >> 8 & 0xff;
    return gpr_get(r, n) & ((1ull << bytes * 8) - 1);
}

void gpr_write(struct cpu_user_regs *r, const struct insn *i, unsigned n, unsigned bytes,
               uint64_t val)
{
    uint64_t mask = bytes == 1 ? 0xff : 0xffff;
    unsigned shift = 0;

    if (bytes >= 4) {
        gpr_set(r, n, bytes == 8 ? val : (uint32_t)val);
        return;
    }
    if (is_high_byte(i, n, bytes)) {
        n -= 4;
        shift = 8;
    }
    gpr_set(r, n, (gpr_get(r, n) & ~(mask << shift)) | (val & mask) << shift);
}

uint64_t insn_offset(const struct insn *i, const struct cpu_user_regs *r)
{
    uint64_t ea = (uint64_t)(int64_t)i->disp;

    if (i->base < INSN_BASE_NONE)
        ea += gpr_get(r, i->base);
    else if (i->base == INSN_BASE_RIP)
        ea += r->rip + i->len;
    if (i->index < INSN_BASE_NONE)
        ea += gpr_get(r, i->index) << i->scale;
    return i->addr32 ? (uint32_t)ea : ea;
}

static int64_t read_signed(const uint8_t *b, unsigned bytes)
{
    uint32_t v = b[0];

    if (bytes == 1)
        return (int8_t)v;
    v |= (uint32_t)b[1] << 8;
    if (bytes == 2)
        return (int16_t)v;
    return (int32_t)(v | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
}

/* All prefixes from b[p] on; a REX counts only right before the opcode. New p, or n when they fill
 * all bytes. */
static unsigned decode_prefixes(struct insn *i, bool *op16, const uint8_t *b, unsigned p,
                                unsigned n)
{
    for (; p < n && one_byte[b[p]] & PFX; p++) {
        uint8_t c = b[p];

        if ((c & 0xf0) == 0x40) {
            i->rex = c;
            continue;
        }
        i->rex = 0;
        if (c == 0x64)
            i->seg = INSN_SEG_FS;
        else if (c == 0x65)
            i->seg = INSN_SEG_GS;
        else if (c == 0x66)
            *op16 = true;
        else if (c == 0x67)
            i->addr32 = true;
        else if (c == 0xf0)
            i->lock = true;
        else if (c >= 0xf2)
            i->rep = c;
    }
    return p;
}

/* The memory operand behind ModRM at b[p]. New p, or 0 when bytes are missing. */
static unsigned decode_memory(struct insn *i, const uint8_t *b, unsigned p, unsigned n)
{
    unsigned rm = b[p - 1] & 7, disp_bytes = i->mod == 1 ? 1 : i->mod == 2 ? 4 : 0;

    i->base = i->rm;
    if (rm == 4) {
        if (p >= n)
            return 0;
        i->scale = b[p] >> 6;
        i->index = (b[p] >> 3 & 7) | (i->rex & 2) << 2;
        i->base = (b[p] & 7) | (i->rex & 1) << 3;
        if (i->index == 4)
            i->index = INSN_BASE_NONE;
        rm = b[p++] & 7;
        if (i->mod == 0 && rm == 5) {
            i->base = INSN_BASE_NONE;
            disp_bytes = 4;
        }
    } else if (i->mod == 0 && rm == 5) {
        i->base = INSN_BASE_RIP;
        disp_bytes = 4;
    }
    if (disp_bytes) {
        if (n - p < disp_bytes)
            return 0;
        i->disp = (int32_t)read_signed(b + p, disp_bytes);
        p += disp_bytes;
    }
    return p;
}

/* Bytes ran out: more would help only if the instruction may still be short enough. */
static int short_of(unsigned n)
{
    return n < INSN_MAX ? INSN_SHORT : INSN_UNKNOWN;
}

int insn_decode(struct insn *i, const uint8_t *b, unsigned n)
{
    bool op16 = false;
    unsigned p = 0, imm;
    uint8_t attr;

    if (n > INSN_MAX)
        n = INSN_MAX;
    *i = (struct insn){.base = INSN_BASE_NONE, .index = INSN_BASE_NONE};
    if (n > 1 && (b[0] & 0xf0) == 0x40 && !(one_byte[b[1]] & PFX))
        i->rex = b[p++];
    else if (n && one_byte[b[0]] & PFX)
        p = decode_prefixes(i, &op16, b, 0, n);
    if (p >= n)
        return short_of(n);
    i->opcode = b[p++];
    attr = one_byte[i->opcode];
    if (attr & TWO) {
        if (p >= n)
            return short_of(n);
        i->opcode = INSN_0F(b[p]);
        attr = two_byte[b[p++]];
    }
    if (!attr)
        return INSN_UNKNOWN;
    i->bytes = attr & BYTE ? 1 : i->rex & 8 ? 8 : op16 ? 2 : 4;
    if (attr & M) {
        unsigned modrm;

        if (p >= n)
            return short_of(n);
        modrm = b[p++];
        i->mod = (uint8_t)(attr & REG ? 3 : modrm >> 6);
        i->reg = (uint8_t)((modrm >> 3 & 7) | (i->rex & 4) << 1);
        i->rm = (uint8_t)((modrm & 7) | (i->rex & 1) << 3);
        if (i->mod != 3) {
            p = decode_memory(i, b, p, n);
            if (!p)
                return short_of(n);
        }
    }
    if (attr & (I8 | IZ)) {
        imm = attr & I8 ? 1 : i->bytes == 2 ? 2 : 4;
        if (n - p < imm)
            return short_of(n);
        i->imm = (uint64_t)read_signed(b + p, imm);
        p += imm;
    }
    i->len = (uint8_t)p;
    return (int)p;
}
