/* SPDX-License-Identifier: MIT */
/*
 * Writable page tables: a guest kernel writes to one of its L1 tables as if it were writable, the
 * read-only mapping faults, and the write is carried out on the whole entry with all its checks.
 *
 * Each instruction is a read-modify-write of one naturally aligned operand inside one entry. The new
 * entry is computed from the one that is there and put in place by a compare-and-exchange; when
 * another CPU was faster, it is computed again. So every form is atomic, locked or not.
 *
 * LIMIT: integer stores only: no SSE stores, shifts, set-on-condition or pushes, and no fs/gs
 * operands; those get the page fault.
 */
#include "core/emulate.h"
#include "core/pagetype.h"
#include "core/port.h"
#include "lib/errno.h"

#define ARITH_FLAGS (EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF)

enum alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR };
enum bit_op { BIT_SET = 1, BIT_RESET, BIT_COMPLEMENT };

/* What is done to the operand. */
enum ptwr_kind {
    PTWR_STORE, PTWR_STOS, PTWR_MOVS, PTWR_XCHG, PTWR_CMPXCHG, PTWR_CMPXCHG8B,
    PTWR_XADD, PTWR_ALU, PTWR_BIT, PTWR_INC, PTWR_DEC, PTWR_NOT, PTWR_NEG,
};

struct ptwr_op {
    enum ptwr_kind kind;
    unsigned sub;      /* ALU: enum alu; BIT: enum bit_op */
    unsigned bytes;
    uint64_t va;       /* of the operand */
    uint64_t src;      /* the other operand; BIT: the bit's number */
    uint64_t acc;      /* CMPXCHG, CMPXCHG8B: what is expected */
    /* results */
    uint64_t old;      /* the operand before */
    uint64_t flags;    /* rflags after */
};

static uint64_t operand_mask(unsigned bytes)
{
    return bytes == 8 ? ~0ull : (1ull << bytes * 8) - 1;
}

/* ---- arithmetic ---- */

/* a op b; *flags has the carry on entry, and afterwards all arithmetic flags. */
static uint64_t alu_compute(enum alu op, uint64_t a, uint64_t b, unsigned bytes, uint64_t *flags)
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
    case ALU_AND:
        res = a & b;
        break;
    case ALU_OR:
        res = a | b;
        break;
    default:
        res = a ^ b;
        break;
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

static uint64_t bit_compute(struct ptwr_op *op, uint64_t old)
{
    uint64_t bit = BIT(op->src);

    op->flags = (op->flags & ~(uint64_t)EFLAGS_CF) | (old & bit ? EFLAGS_CF : 0);
    switch ((enum bit_op)op->sub) {
    case BIT_SET: return old | bit;
    case BIT_RESET: return old & ~bit;
    default: return old ^ bit;
    }
}

/* inc and dec leave the carry alone. */
static uint64_t inc_compute(struct ptwr_op *op, enum alu alu, uint64_t old)
{
    uint64_t cf = op->flags & EFLAGS_CF, res = alu_compute(alu, old, 1, op->bytes, &op->flags);

    op->flags = (op->flags & ~(uint64_t)EFLAGS_CF) | cf;
    return res;
}

/* The operand's new value. False: it stays as it is (a failed compare). */
static bool op_compute(struct ptwr_op *op, uint64_t flags, uint64_t old, uint64_t *new)
{
    op->old = old;
    op->flags = flags;
    switch (op->kind) {
    case PTWR_CMPXCHG:
        alu_compute(ALU_SUB, op->acc, old, op->bytes, &op->flags);
        *new = op->src;
        return op->acc == old;
    case PTWR_CMPXCHG8B:
        op->flags = (flags & ~(uint64_t)EFLAGS_ZF) | (op->acc == old ? EFLAGS_ZF : 0);
        *new = op->src;
        return op->acc == old;
    case PTWR_XADD:
        *new = alu_compute(ALU_ADD, old, op->src, op->bytes, &op->flags);
        return true;
    case PTWR_ALU:
        *new = alu_compute(op->sub, old, op->src, op->bytes, &op->flags);
        return true;
    case PTWR_BIT:
        *new = bit_compute(op, old);
        return true;
    case PTWR_INC:
        *new = inc_compute(op, ALU_ADD, old);
        return true;
    case PTWR_DEC:
        *new = inc_compute(op, ALU_SUB, old);
        return true;
    case PTWR_NOT:
        *new = ~old;
        return true;
    case PTWR_NEG:
        *new = alu_compute(ALU_SUB, 0, old, op->bytes, &op->flags);
        return true;
    default: /* stores, xchg */
        *new = op->src;
        return true;
    }
}

/* ---- from the instruction to the operation, and the registers afterwards ---- */

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
    case 0xc7:
        return sub == 0 && op_kind(op, PTWR_STORE, 0);
    case 0xf6:
    case 0xf7:
        return (sub == 2 || sub == 3) && op_kind(op, sub == 2 ? PTWR_NOT : PTWR_NEG, 0);
    case 0xfe:
    case 0xff:
        return sub < 2 && op_kind(op, sub ? PTWR_DEC : PTWR_INC, 0);
    case INSN_0F(0xba):
        op->src &= op->bytes * 8 - 1;
        return sub >= 5 && op_kind(op, PTWR_BIT, sub - 4);
    default: /* 80 81 83 */
        return sub != 7 && op_kind(op, PTWR_ALU, sub);
    }
}

static bool prepare_string(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
{
    if (i->addr32 || (i->rep && !r->rcx))
        return false;
    op->va = r->rdi;
    op->src = r->rax;
    return op_kind(op, i->opcode < 0xa8 ? PTWR_MOVS : PTWR_STOS, 0);
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

static bool op_prepare(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
{
    op->bytes = i->bytes;
    if (i->opcode >= 0xa4 && i->opcode <= 0xab)
        return !i->seg && prepare_string(op, i, r);
    if (i->mod == 3 || i->seg)
        return false;
    op->va = insn_offset(i, r);
    op->src = gpr_read(r, i, i->reg, op->bytes);
    switch (i->opcode) {
    case 0x88:
    case 0x89:
    case INSN_0F(0xc3):
        return op_kind(op, PTWR_STORE, 0);
    case 0x86:
    case 0x87:
        return op_kind(op, PTWR_XCHG, 0);
    case 0x00 ... 0x31:
        return op_kind(op, PTWR_ALU, i->opcode >> 3);
    case INSN_0F(0xb0):
    case INSN_0F(0xb1):
        op->acc = gpr_read(r, i, 0, op->bytes);
        return op_kind(op, PTWR_CMPXCHG, 0);
    case INSN_0F(0xc0):
    case INSN_0F(0xc1):
        return op_kind(op, PTWR_XADD, 0);
    case INSN_0F(0xab):
    case INSN_0F(0xb3):
    case INSN_0F(0xbb):
        bit_from_register(op, op->src);
        return op_kind(op, PTWR_BIT, (i->opcode >> 3 & 7) - 4);
    case INSN_0F(0xc7):
        return prepare_cmpxchg8b(op, i, r);
    case 0x80:
    case 0x81:
    case 0x83:
    case 0xc6:
    case 0xc7:
    case 0xf6:
    case 0xf7:
    case 0xfe:
    case 0xff:
    case INSN_0F(0xba):
        return prepare_group(op, i);
    default:
        return false;
    }
}

/* One element of a string instruction is done; rip moves when it was the last. */
static void finish_string(struct vcpu *v, const struct insn *i, const struct ptwr_op *op)
{
    struct cpu_user_regs *r = &v->regs;
    uint64_t step = r->rflags & EFLAGS_DF ? -(uint64_t)op->bytes : op->bytes;

    r->rdi += step;
    if (op->kind == PTWR_MOVS)
        r->rsi += step;
    if (!i->rep || !--r->rcx)
        emul_retire(v, i->len);
}

static void op_finish(struct vcpu *v, const struct insn *i, const struct ptwr_op *op)
{
    struct cpu_user_regs *r = &v->regs;

    r->rflags = op->flags;
    switch (op->kind) {
    case PTWR_STOS:
    case PTWR_MOVS:
        finish_string(v, i, op);
        return;
    case PTWR_XCHG:
    case PTWR_XADD:
        gpr_write(r, i, i->reg, op->bytes, op->old);
        break;
    case PTWR_CMPXCHG:
        if (op->acc != op->old)
            gpr_write(r, i, 0, op->bytes, op->old);
        break;
    case PTWR_CMPXCHG8B:
        if (op->acc != op->old) {
            r->rax = (uint32_t)op->old;
            r->rdx = op->old >> 32;
        }
        break;
    default:
        break;
    }
    emul_retire(v, i->len);
}

/* ---- the entry ---- */

/* Apply op to the entry it lies in. 0, -ERESTART, or the reason why the new entry is not allowed. */
static int entry_apply(struct vcpu *v, struct frame *f, struct ptwr_op *op)
{
    unsigned index = (unsigned)(op->va & ~PAGE_MASK) / 8, shift = (op->va & 7) * 8;
    const uint64_t *table = frame_va(frame_mfn(f));
    uint64_t mask = operand_mask(op->bytes), cur = READ_ONCE(table[index]), flags = v->regs.rflags;
    int rc;

    do {
        uint64_t new;

        if (!op_compute(op, flags, cur >> shift & mask, &new))
            return 0;
        new = (cur & ~(mask << shift)) | (new & mask) << shift;
        rc = entry_cmpxchg_l1(v, v->domain, f, index, cur, new, &cur);
    } while (unlikely(rc == -EAGAIN));
    return rc;
}

static enum emul_result ptwr_insn(struct vcpu *v, uint64_t cr2, struct frame *f)
{
    struct ptwr_op op;
    struct insn i;
    enum emul_result r = emul_fetch(v, &i, PF_ERR_FETCH);
    int rc;

    if (unlikely(r != EMUL_DONE))
        return r;
    if (!op_prepare(&op, &i, &v->regs))
        return EMUL_NOT;
    if (((op.va ^ cr2) & PAGE_MASK) || op.va & (op.bytes - 1))
        return EMUL_NOT;
    if (op.kind == PTWR_MOVS) {
        size_t left = port_copy_from_guest(&op.src, v->regs.rsi, op.bytes);

        if (left)
            return emul_page_fault(v, v->regs.rsi + op.bytes - left, 0);
    }
    rc = entry_apply(v, f, &op);
    if (unlikely(rc))
        return rc == -ERESTART ? EMUL_DONE : EMUL_NOT; /* DONE: executed again */
    op_finish(v, &i, &op);
    return EMUL_DONE;
}

/* The validated L1 table of v's domain that va maps read-only, or NULL. */
static struct frame *table_behind(struct vcpu *v, uint64_t va)
{
    const uint32_t l1 = TYPE_L1 | TYPE_VALIDATED;
    uint64_t entry, *e;
    struct frame *f;
    uint32_t type;
    mfn_t unused;

    e = entry_of_va(MFN(v->cr3_kernel >> PAGE_SHIFT), va, &unused);
    if (!e)
        return NULL;
    entry = READ_ONCE(*e);
    if ((entry & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(pte_mfn(entry)))
        return NULL;
    f = frame_of(pte_mfn(entry));
    type = READ_ONCE(f->type);
    if ((type & (TYPE_MASK | TYPE_VALIDATED)) != l1 || !(type & TYPE_COUNT_MASK))
        return NULL;
    return f;
}

enum emul_result emulate_ptwr(struct vcpu *v, uint64_t cr2, uint32_t error)
{
    struct domain *d = v->domain;
    enum emul_result r;
    struct frame *f;

    if (error & PF_ERR_FETCH || !va_canonical(cr2) || !va_is_guest(cr2, 1))
        return EMUL_NOT;
    f = table_behind(v, cr2);
    /* The type reference keeps it a table until the entry is changed. */
    if (!f || READ_ONCE(f->owner) != d->id || frame_and_type_get(d, frame_mfn(f), TYPE_L1, false))
        return EMUL_NOT;
    r = ptwr_insn(v, cr2, f);
    frame_and_type_put(d, f);
    if (unlikely(type_drain_needed(d)))
        vcpu_set_work(v, WORK_DRAIN);
    return r;
}
