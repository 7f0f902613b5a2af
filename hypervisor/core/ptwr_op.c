/* SPDX-License-Identifier: MIT */
#include "core/ptwr_op.h"

/* ---- arithmetic ---- */

uint64_t alu_compute(enum alu op, uint64_t a, uint64_t b, unsigned bytes, uint64_t *flags)
{
    uint64_t cf = *flags & EFLAGS_CF, res, carry = 0, over = 0, f;
    unsigned top = bytes * 8 - 1;

    switch (op) {
    case ALU_ADD:
    case ALU_ADC:
        res = a + b + (op == ALU_ADC ? cf : 0);
        carry = (a & b) | ((a | b) & ~res); /* out of each bit */
        over = (a ^ res) & (b ^ res);
        break;
    case ALU_SUB:
    case ALU_SBB:
        res = a - b - (op == ALU_SBB ? cf : 0);
        carry = (~a & b) | ((~a | b) & res);
        over = (a ^ b) & (a ^ res);
        break;
    case ALU_AND: res = a & b; break;
    case ALU_OR: res = a | b; break;
    default: res = a ^ b; break;
    }
    f = *flags & ~(uint64_t)ARITH_FLAGS;
    f |= carry >> top & 1 ? EFLAGS_CF : 0;
    f |= carry >> 3 & 1 ? EFLAGS_AF : 0;
    f |= over >> top & 1 ? EFLAGS_OF : 0;
    f |= res >> top & 1 ? EFLAGS_SF : 0;
    f |= res & operand_mask(bytes) ? 0 : EFLAGS_ZF;
    f |= __builtin_popcount((unsigned)(res & 0xff)) & 1 ? 0 : EFLAGS_PF;
    *flags = f;
    return res;
}

static uint64_t bit_compute(const struct ptwr_op *op, uint64_t old, uint64_t *flags)
{
    uint64_t bit = BIT(op->src);

    *flags = (*flags & ~(uint64_t)EFLAGS_CF) | (old & bit ? EFLAGS_CF : 0);
    switch ((enum bit_op)op->sub) {
    case BIT_SET: return old | bit;
    case BIT_RESET: return old & ~bit;
    default: return old ^ bit;
    }
}

/* inc and dec leave the carry alone. */
static uint64_t inc_compute(enum alu alu, uint64_t old, unsigned bytes, uint64_t *flags)
{
    uint64_t cf = *flags & EFLAGS_CF, res = alu_compute(alu, old, 1, bytes, flags);

    *flags = (*flags & ~(uint64_t)EFLAGS_CF) | cf;
    return res;
}

uint64_t ptwr_compute(const struct ptwr_op *op, uint64_t old, uint64_t *flags)
{
    switch (op->kind) {
    case PTWR_XADD: return alu_compute(ALU_ADD, old, op->src, op->bytes, flags);
    case PTWR_ALU: return alu_compute(op->sub, old, op->src, op->bytes, flags);
    case PTWR_BIT: return bit_compute(op, old, flags);
    case PTWR_INC: return inc_compute(ALU_ADD, old, op->bytes, flags);
    case PTWR_DEC: return inc_compute(ALU_SUB, old, op->bytes, flags);
    case PTWR_NOT: return ~old;
    default: return alu_compute(ALU_SUB, 0, old, op->bytes, flags); /* neg */
    }
}

/* ---- from the instruction to the operation ---- */

/* A bit number in a register reaches beyond the operand: the offset in whole operands moves it. */
static void bit_from_register(struct ptwr_op *op, uint64_t reg)
{
    unsigned bits = op->bytes * 8;
    int64_t n = op->bytes == 2 ? (int16_t)reg : op->bytes == 4 ? (int32_t)reg : (int64_t)reg;

    op->src = (uint64_t)n & (bits - 1);
    op->va += (uint64_t)((n - (int64_t)op->src) / (int)bits * (int)op->bytes);
}

static bool op_kind(struct ptwr_op *op, enum ptwr_kind kind, unsigned sub)
{
    op->kind = kind;
    op->sub = sub;
    return true;
}

/* Opcodes whose ModRM reg field says what to do. */
static bool prepare_group(struct ptwr_op *op, const struct insn *i)
{
    unsigned sub = i->reg & 7;

    op->src = i->imm;
    switch (i->opcode) {
    case 0xc6:
    case 0xc7: return sub == 0 && op_kind(op, PTWR_STORE, 0);
    case 0xf6:
    case 0xf7: return (sub == 2 || sub == 3) && op_kind(op, sub == 2 ? PTWR_NOT : PTWR_NEG, 0);
    case 0xfe: return sub < 2 && op_kind(op, sub ? PTWR_DEC : PTWR_INC, 0);
    case INSN_0F(0xba):
        op->src &= op->bytes * 8 - 1;
        return sub >= 5 && op_kind(op, PTWR_BIT, sub - 4);
    default: /* 80 81 83 */ return sub != 7 && op_kind(op, PTWR_ALU, sub);
    }
}

static bool prepare_string(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
{
    if (i->addr32 || (i->rep && !r->rcx))
        return false;
    op->va = r->rdi;
    op->src_is_va = i->opcode < 0xa8;
    op->src = op->src_is_va ? r->rsi : r->rax;
    return op_kind(op, op->src_is_va ? PTWR_MOVS : PTWR_STOS, 0);
}

/* Of register n, of an immediate, or of what stands at a guest address. */
static bool prepare_push(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
{
    op->bytes = i->bytes == 2 ? 2 : 8;
    if (i->opcode == 0xff) {
        op->src = insn_offset(i, r);
        op->src_is_va = true;
    } else {
        op->src = i->opcode >= 0x68 ? i->imm : gpr_get(r, (i->opcode & 7) | (i->rex & 1) << 3);
    }
    op->va = r->rsp - op->bytes;
    return op_kind(op, PTWR_PUSH, 0);
}

static bool prepare_pop(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
{
    op->bytes = i->bytes == 2 ? 2 : 8;
    op->src = r->rsp;
    op->src_is_va = true;
    if (i->base == 4) /* rsp as a base is the one after the pop */
        op->va += op->bytes;
    return (i->reg & 7) == 0 && op_kind(op, PTWR_POP, 0);
}

static bool prepare_ff(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
{
    switch (i->reg & 7) {
    case 0: return op_kind(op, PTWR_INC, 0);
    case 1: return op_kind(op, PTWR_DEC, 0);
    case 6: return prepare_push(op, i, r);
    default: return false;
    }
}

static bool prepare_cmpxchg8b(struct ptwr_op *op, const struct insn *i,
                              const struct cpu_user_regs *r)
{
    if ((i->reg & 7) != 1 || i->rex & 8)
        return false;
    op->bytes = 8;
    op->src = (uint32_t)r->rbx | r->rcx << 32;
    op->acc = (uint32_t)r->rax | r->rdx << 32;
    return op_kind(op, PTWR_CMPXCHG8B, 0);
}

bool ptwr_prepare(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
{
    op->bytes = i->bytes;
    op->src_is_va = false;
    if (i->seg)
        return false;
    if (i->opcode >= 0xa4 && i->opcode <= 0xab)
        return prepare_string(op, i, r);
    if (i->opcode >= 0x50 && i->opcode <= 0x6a)
        return (i->opcode <= 0x57 || !(i->opcode & 1)) && prepare_push(op, i, r);
    if (i->mod == 3)
        return false;
    op->va = insn_offset(i, r);
    op->src = gpr_read(r, i, i->reg, op->bytes);
    switch (i->opcode) {
    case 0x88:
    case 0x89:
    case INSN_0F(0xc3): return op_kind(op, PTWR_STORE, 0);
    case 0x86:
    case 0x87: return op_kind(op, PTWR_XCHG, 0);
    case 0x00 ... 0x31: return op_kind(op, PTWR_ALU, i->opcode >> 3);
    case INSN_0F(0xb0):
    case INSN_0F(0xb1): op->acc = gpr_read(r, i, 0, op->bytes); return op_kind(op, PTWR_CMPXCHG, 0);
    case INSN_0F(0xc0):
    case INSN_0F(0xc1): return op_kind(op, PTWR_XADD, 0);
    case INSN_0F(0xab):
    case INSN_0F(0xb3):
    case INSN_0F(0xbb):
        bit_from_register(op, op->src);
        return op_kind(op, PTWR_BIT, (i->opcode >> 3 & 7) - 4);
    case INSN_0F(0xc7): return prepare_cmpxchg8b(op, i, r);
    case 0x8f: return prepare_pop(op, i, r);
    case 0xff: return prepare_ff(op, i, r);
    case 0x80:
    case 0x81:
    case 0x83:
    case 0xc6:
    case 0xc7:
    case 0xf6:
    case 0xf7:
    case 0xfe:
    case INSN_0F(0xba): return prepare_group(op, i);
    default: return false;
    }
}
