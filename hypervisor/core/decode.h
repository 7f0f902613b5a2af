/* SPDX-License-Identifier: MIT */
/*
 * The instruction decoder: 64-bit code only, and only the instructions that the hypervisor carries
 * out for a guest: privileged ones, port I/O, and read-modify-writes of memory (page tables).
 * Pure: bytes in, a description out; it never reads beyond the bytes it is given.
 */
#ifndef CORE_DECODE_H
#define CORE_DECODE_H

#include "lib/types.h"
#include <xen/xen.h>

#define INSN_MAX 15 /* bytes; a longer instruction is #GP on every CPU */

enum insn_seg { INSN_SEG_NONE, INSN_SEG_FS, INSN_SEG_GS }; /* others have base 0 in 64-bit mode */

#define INSN_BASE_NONE 16
#define INSN_BASE_RIP 17

#define INSN_0F(op) (0x100 | (op)) /* opcodes of the two-byte map */

struct insn {
    uint16_t opcode; /* INSN_0F() for those behind 0f */
    uint8_t len;
    uint8_t bytes; /* operand size: 1, 2, 4 or 8 */
    uint8_t rex;   /* the prefix itself, 0: none */
    uint8_t rep;   /* 0, 0xf2 or 0xf3 */
    uint8_t seg;   /* enum insn_seg */
    bool lock, addr32;
    uint8_t mod, reg, rm;       /* reg and rm with REX's fourth bit; only for opcodes with ModRM */
    uint8_t base, index, scale; /* of a memory operand; index INSN_BASE_NONE: none */
    int32_t disp;
    uint64_t imm; /* sign-extended */
};

#define INSN_SHORT 0    /* the bytes end before the instruction does */
#define INSN_UNKNOWN -1 /* not one of ours, or no instruction at all */

/* Decode the instruction at b, of which n bytes are at hand. Its length, or one of the above. */
int insn_decode(struct insn *i, const uint8_t *b, unsigned n);

/* Offset of the memory operand in its segment, with the registers as they are before. */
uint64_t insn_offset(const struct insn *i, const struct cpu_user_regs *r);

/* General registers by the CPU's number. */
extern const uint8_t gpr_offset[16];

static inline uint64_t gpr_get(const struct cpu_user_regs *r, unsigned n)
{
    return *(const uint64_t *)((const char *)r + gpr_offset[n]);
}

static inline void gpr_set(struct cpu_user_regs *r, unsigned n, uint64_t val)
{
    *(uint64_t *)((char *)r + gpr_offset[n]) = val;
}

/* An operand of `bytes`: without REX byte registers 4..7 are ah..bh; 32-bit writes clear the rest. */
uint64_t gpr_read(const struct cpu_user_regs *r, const struct insn *i, unsigned n, unsigned bytes);
void gpr_write(struct cpu_user_regs *r, const struct insn *i, unsigned n, unsigned bytes,
               uint64_t val);

#endif
