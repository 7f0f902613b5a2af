/* SPDX-License-Identifier: MIT */
/*
 * Writable page tables: a guest kernel writes to one of its L1 tables as if it were writable, the
 * read-only mapping faults, and the write is carried out on the whole entry with all its checks.
 *
 * Each instruction is a read-modify-write of one naturally aligned operand inside one entry. The new
 * entry is computed from the one that is there and put in place by a compare-and-exchange; when
 * another CPU was faster, it is computed again. So every form is atomic, locked or not.
 *
 * LIMIT: integer stores only: no SSE stores, shifts, set-on-condition, calls, and no fs/gs operands;
 * those get the page fault.
 */
#include "core/emulate.h"
#include "core/frame_ref.h"
#include "core/pagetype.h"
#include "core/port.h"
#include "lib/errno.h"

/* For the quick path: everything known about the operation becomes a constant. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

#define ARITH_FLAGS (EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF)

enum alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR };
enum bit_op { BIT_SET = 1, BIT_RESET, BIT_COMPLEMENT };

/* What is done to the operand. */
enum ptwr_kind {
    PTWR_STORE, PTWR_STOS, PTWR_MOVS, PTWR_PUSH, PTWR_POP, PTWR_XCHG, PTWR_CMPXCHG, PTWR_CMPXCHG8B,
    PTWR_XADD, PTWR_ALU, PTWR_BIT, PTWR_INC, PTWR_DEC, PTWR_NOT, PTWR_NEG,
};

struct ptwr_op {
    enum ptwr_kind kind;
    unsigned sub;      /* ALU: enum alu; BIT: enum bit_op */
    unsigned bytes;
    uint64_t va;       /* of the operand */
    uint64_t src;      /* the other operand; BIT: the bit's number */
    bool src_is_va;    /* src is where in the guest's memory the other operand is */
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

/* The operand's new value, and the flags. False: it stays as it is (a failed compare). */
static ALWAYS_INLINE bool op_compute(const struct ptwr_op *op, uint64_t old, uint64_t *new,
                                     uint64_t *flags)
{
    switch (op->kind) {
    case PTWR_CMPXCHG:
        *new = op->src;
        if (likely(op->acc == old)) {
            *flags = (*flags & ~(uint64_t)ARITH_FLAGS) | EFLAGS_ZF | EFLAGS_PF;
            return true;
        }
        alu_compute(ALU_SUB, op->acc, old, op->bytes, flags);
        return false;
    case PTWR_CMPXCHG8B:
        *flags = (*flags & ~(uint64_t)EFLAGS_ZF) | (op->acc == old ? EFLAGS_ZF : 0);
        *new = op->src;
        return op->acc == old;
    case PTWR_XADD:
        *new = alu_compute(ALU_ADD, old, op->src, op->bytes, flags);
        return true;
    case PTWR_ALU:
        *new = alu_compute(op->sub, old, op->src, op->bytes, flags);
        return true;
    case PTWR_BIT:
        *new = bit_compute(op, old, flags);
        return true;
    case PTWR_INC:
        *new = inc_compute(ALU_ADD, old, op->bytes, flags);
        return true;
    case PTWR_DEC:
        *new = inc_compute(ALU_SUB, old, op->bytes, flags);
        return true;
    case PTWR_NOT:
        *new = ~old;
        return true;
    case PTWR_NEG:
        *new = alu_compute(ALU_SUB, 0, old, op->bytes, flags);
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

static bool op_prepare(struct ptwr_op *op, const struct insn *i, const struct cpu_user_regs *r)
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
    case 0x8f:
        return prepare_pop(op, i, r);
    case 0xff:
        return prepare_ff(op, i, r);
    case 0x80:
    case 0x81:
    case 0x83:
    case 0xc6:
    case 0xc7:
    case 0xf6:
    case 0xf7:
    case 0xfe:
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

static ALWAYS_INLINE void operand_write(struct vcpu *v, const struct insn *i, unsigned reg,
                                        unsigned bytes, uint64_t val)
{
    if (bytes == 8)
        gpr_set(&v->regs, reg, val);
    else
        gpr_write(&v->regs, i, reg, bytes, val);
}

static ALWAYS_INLINE void op_finish(struct vcpu *v, const struct insn *i, const struct ptwr_op *op)
{
    struct cpu_user_regs *r = &v->regs;

    r->rflags = op->flags;
    switch (op->kind) {
    case PTWR_STOS:
    case PTWR_MOVS:
        finish_string(v, i, op);
        return;
    case PTWR_PUSH:
        r->rsp -= op->bytes;
        break;
    case PTWR_POP:
        r->rsp += op->bytes;
        break;
    case PTWR_XCHG:
    case PTWR_XADD:
        operand_write(v, i, i->reg, op->bytes, op->old);
        break;
    case PTWR_CMPXCHG:
        if (op->acc != op->old)
            operand_write(v, i, 0, op->bytes, op->old);
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

struct table { struct frame *f; mfn_t mfn; };

/* Apply op to the entry it lies in. 0, -ERESTART, or the reason why the new entry is not allowed. */
static ALWAYS_INLINE int entry_apply(struct vcpu *v, struct table t, struct ptwr_op *op)
{
    unsigned index = (unsigned)(op->va & ~PAGE_MASK) / 8;
    unsigned shift = op->bytes == 8 ? 0 : (op->va & 7) * 8;
    const uint64_t *table = frame_va(t.mfn);
    uint64_t mask = operand_mask(op->bytes), cur = READ_ONCE(table[index]), flags, new;
    int rc;

    do {
        flags = v->regs.rflags;
        op->old = cur >> shift & mask;
        if (!op_compute(op, op->old, &new, &flags)) {
            rc = 0;
            break;
        }
        new = (cur & ~(mask << shift)) | (new & mask) << shift;
        rc = entry_cmpxchg_l1(v, v->domain, t.f, index, cur, new, &cur);
    } while (unlikely(rc == -EAGAIN));
    op->flags = flags;
    return rc;
}

static ALWAYS_INLINE enum emul_result op_execute(struct vcpu *v, uint64_t cr2, struct table t,
                                                 const struct insn *i, struct ptwr_op *op)
{
    int rc;

    if (unlikely(((op->va ^ cr2) & PAGE_MASK) || op->va & (op->bytes - 1)))
        return EMUL_NOT;
    rc = entry_apply(v, t, op);
    if (unlikely(rc))
        return rc == -ERESTART ? EMUL_DONE : EMUL_NOT; /* DONE: executed again */
    op_finish(v, i, op);
    return EMUL_DONE;
}

/*
 * Nearly all stores are a 64-bit mov, xchg or cmpxchg of a register through a base register: REX.W,
 * the opcode, ModRM, at most a displacement. Recognised from their bytes; the same operations with
 * everything constant that can be. EMUL_CRASH: some other instruction.
 */
static enum emul_result quick_insn(struct vcpu *v, uint64_t cr2, struct table t, const uint8_t *b)
{
    const uint8_t *p = b + (b[0] == 0xf0 || b[0] == 0x3e);
    struct cpu_user_regs *r = &v->regs;
    struct insn i = { .rex = p[0] };
    struct ptwr_op op = { .bytes = 8 };
    uint8_t opcode = p[1], modrm;

    if ((i.rex & 0xfa) != 0x48) /* W, without X */
        return EMUL_CRASH;
    p += 2;
    if (opcode == 0x0f && *p++ != 0xb1)
        return EMUL_CRASH;
    modrm = *p++;
    if (modrm >= 0xc0 || (modrm & 0xc7) == 5)
        return EMUL_CRASH;
    if ((modrm & 7) == 4 && *p++ != 0x24) /* rsp and r12 come with a byte that says: no index */
        return EMUL_CRASH;
    i.reg = (uint8_t)((modrm >> 3 & 7) | (i.rex & 4) << 1);
    op.va = gpr_get(r, (modrm & 7) | (i.rex & 1) << 3);
    op.src = gpr_get(r, i.reg);
    if (modrm >= 0x80) {
        op.va += (uint64_t)(int64_t)(int32_t)(p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24);
        p += 4;
    } else if (modrm >= 0x40) {
        op.va += (uint64_t)(int64_t)(int8_t)*p++;
    }
    i.len = (uint8_t)(p - b);
    switch (opcode) {
    case 0x89:
        op.kind = PTWR_STORE;
        return op_execute(v, cr2, t, &i, &op);
    case 0x87:
        op.kind = PTWR_XCHG;
        return op_execute(v, cr2, t, &i, &op);
    case 0x0f:
        op.kind = PTWR_CMPXCHG;
        op.acc = r->rax;
        return op_execute(v, cr2, t, &i, &op);
    default:
        return EMUL_CRASH;
    }
}

static enum emul_result ptwr_insn(struct vcpu *v, uint64_t cr2, struct table t)
{
    enum emul_result r;
    struct ptwr_op op;
    struct insn i;
    uint8_t b[16];
    unsigned n = emul_read(v, b, PF_ERR_FETCH);

    if (unlikely(!n))
        return EMUL_FAULT;
    if (likely(n >= INSN_MAX)) {
        r = quick_insn(v, cr2, t, b);
        if (likely(r != EMUL_CRASH))
            return r;
    }
    r = emul_decode(v, b, n, &i, PF_ERR_FETCH);
    if (r != EMUL_DONE)
        return r;
    if (!op_prepare(&op, &i, &v->regs))
        return EMUL_NOT;
    if (op.src_is_va) {
        uint64_t va = op.src;
        size_t left = port_copy_from_guest(&op.src, va, op.bytes);

        if (left)
            return emul_page_fault(v, va + op.bytes - left, 0);
    }
    return op_execute(v, cr2, t, &i, &op);
}

/* A reference and a type reference on the frame if it is a validated L1 table of d, in use. They keep
 * it one until the entry is changed. */
static bool table_get(struct domain *d, struct frame *f)
{
    const uint64_t l1 = WORD_T(TYPE_L1 | TYPE_VALIDATED), mask = WORD_T(TYPE_MASK | TYPE_VALIDATED);
    uint64_t w = word_load(f);

    do {
        /* In use, and neither count at its limit. */
        if ((w & mask) != l1 || (w & WORD_COUNT) - WORD_TYPE >= WORD_COUNT - WORD_TYPE ||
            unlikely(!refs_can_grow(w)))
            return false;
    } while (unlikely(!word_cas(f, &w, w + WORD_TYPE + WORD_REF)));
    if (likely(READ_ONCE(f->owner) == d->id))
        return true;
    frame_and_type_put(d, f); /* it changed hands before the references held it */
    return false;
}

static void table_put(struct domain *d, struct frame *f)
{
    uint64_t w = word_load(f);

    /* The quick way as long as it is not the last reference of either kind. */
    while (likely((w & WORD_COUNT) > WORD_TYPE && (w & FRAME_REFS_MASK) > 1))
        if (likely(word_cas(f, &w, w - WORD_TYPE - WORD_REF)))
            return;
    frame_and_type_put(d, f);
    if (type_drain_needed(d))
        vcpu_set_work(port_current(), WORK_DRAIN);
}

enum emul_result emulate_ptwr(struct vcpu *v, uint64_t cr2, uint32_t error)
{
    enum emul_result r;
    struct table t;
    uint64_t entry, *e;
    mfn_t unused;

    if (unlikely(error & PF_ERR_FETCH))
        return EMUL_NOT;
    e = entry_of_va(MFN(v->cr3_kernel >> PAGE_SHIFT), cr2, &unused);
    if (!e)
        return EMUL_NOT;
    entry = READ_ONCE(*e);
    t.mfn = pte_mfn(entry);
    if ((entry & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(t.mfn))
        return EMUL_NOT;
    t.f = frame_of(t.mfn);
    if (!table_get(v->domain, t.f))
        return EMUL_NOT;
    r = ptwr_insn(v, cr2, t);
    table_put(v->domain, t.f);
    return r;
}
