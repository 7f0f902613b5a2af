/* SPDX-License-Identifier: MIT */
/*
 * What a store to a page-table entry does, without the entry: from the decoded instruction to an
 * operation on one naturally aligned operand, and its arithmetic. Used by core/ptwr.c and core/mmio.c.
 */
#ifndef CORE_PTWR_OP_H
#define CORE_PTWR_OP_H

#include "core/emulate.h"

#define ARITH_FLAGS (EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF)

enum alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR };
enum bit_op { BIT_SET = 1, BIT_RESET, BIT_COMPLEMENT };

/* What is done to the operand. */
enum ptwr_kind {
    PTWR_STORE,
    PTWR_STOS,
    PTWR_MOVS,
    PTWR_PUSH,
    PTWR_POP,
    PTWR_XCHG,
    PTWR_CMPXCHG,
    PTWR_CMPXCHG8B,
    PTWR_XADD,
    PTWR_ALU,
    PTWR_BIT,
    PTWR_INC,
    PTWR_DEC,
    PTWR_NOT,
    PTWR_NEG,
};

struct ptwr_op {
    enum ptwr_kind kind;
    unsigned sub; /* ALU: enum alu; BIT: enum bit_op */
    unsigned bytes;
    uint64_t va;    /* of the operand */
    uint64_t src;   /* the other operand; BIT: the bit's number */
    bool src_is_va; /* src is where in the guest's memory the other operand is */
    uint64_t acc;   /* CMPXCHG, CMPXCHG8B: what is expected */
    /* results */
    uint64_t old;   /* the operand before */
    uint64_t flags; /* rflags after */
};

static inline uint64_t operand_mask(unsigned bytes)
{
    return bytes == 8 ? ~0ull : (1ull << bytes * 8) - 1;
}

/* The operation an instruction stands for, with its operand's address. False: it is no store, or none
 * that is emulated. */
bool ptwr_prepare(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r);

/* a op b; *flags has the carry on entry, and afterwards all arithmetic flags. */
uint64_t alu_compute(enum alu op, uint64_t a, uint64_t b, unsigned bytes, uint64_t *flags);

/* The new value of the operand for XADD and all kinds behind it, and the flags. */
uint64_t ptwr_compute(const struct ptwr_op *op, uint64_t old, uint64_t *flags);

#endif
