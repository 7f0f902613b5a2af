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
#include "core/entry.h"
#include "core/frame_ref.h"
#include "core/pagetype.h"
#include "core/port.h"
#include "core/ptwr_op.h"
#include "lib/errno.h"

/* For the quick path: what is known about the operation becomes a constant, kind and bytes above all,
 * which are handed on beside the operation for that reason. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* The operand's new value, and the flags. False: it stays as it is (a failed compare). */
static ALWAYS_INLINE bool op_compute(const struct ptwr_op *op, enum ptwr_kind kind, uint64_t old,
                                     uint64_t *new, uint64_t *flags)
{
    switch (kind) {
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
    case PTWR_STORE:
    case PTWR_STOS:
    case PTWR_MOVS:
    case PTWR_PUSH:
    case PTWR_POP:
    case PTWR_XCHG: *new = op->src; return true;
    default: *new = ptwr_compute(op, old, flags); return true;
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

static ALWAYS_INLINE void op_finish(struct vcpu *v, const struct insn *i, const struct ptwr_op *op,
                                    enum ptwr_kind kind, unsigned bytes)
{
    struct cpu_user_regs *r = &v->regs;

    r->rflags = op->flags;
    switch (kind) {
    case PTWR_STOS:
    case PTWR_MOVS: finish_string(v, i, op); return;
    case PTWR_PUSH: r->rsp -= bytes; break;
    case PTWR_POP: r->rsp += bytes; break;
    case PTWR_XCHG:
    case PTWR_XADD: operand_write(v, i, i->reg, bytes, op->old); break;
    case PTWR_CMPXCHG:
        if (op->acc != op->old)
            operand_write(v, i, 0, bytes, op->old);
        break;
    case PTWR_CMPXCHG8B:
        if (op->acc != op->old) {
            r->rax = (uint32_t)op->old;
            r->rdx = op->old >> 32;
        }
        break;
    default: break;
    }
    emul_retire(v, i->len);
}

/* ---- the entry ---- */

struct table {
    struct frame *f;
    mfn_t mfn;
};

/* Apply op to the entry it lies in. 0, -ERESTART, or the reason why the new entry is not allowed. */
static ALWAYS_INLINE int entry_apply(struct vcpu *v, struct table t, struct ptwr_op *op,
                                     enum ptwr_kind kind, unsigned bytes)
{
    unsigned index = (unsigned)(op->va & ~PAGE_MASK) / 8;
    unsigned shift = bytes == 8 ? 0 : (op->va & 7) * 8;
    const uint64_t *table = frame_va(t.mfn);
    uint64_t mask = operand_mask(bytes), cur = READ_ONCE(table[index]), flags, new;
    int rc;

    do {
        flags = v->regs.rflags;
        op->old = cur >> shift & mask;
        if (!op_compute(op, kind, op->old, &new, &flags)) {
            rc = 0;
            break;
        }
        new = (cur & ~(mask << shift)) | (new &mask) << shift;
        rc = entry_cmpxchg_l1(v, v->domain, t.f, index, cur, new, &cur);
    } while (unlikely(rc == -EAGAIN));
    op->flags = flags;
    return rc;
}

static ALWAYS_INLINE enum emul_result op_execute(struct vcpu *v, struct table t,
                                                 const struct insn *i, struct ptwr_op *op,
                                                 enum ptwr_kind kind, unsigned bytes)
{
    int rc = entry_apply(v, t, op, kind, bytes);

    if (unlikely(rc))
        return rc == -ERESTART ? EMUL_DONE : EMUL_NOT; /* DONE: executed again */
    op_finish(v, i, op, kind, bytes);
    return EMUL_DONE;
}

/* Not where the fault was, or not inside one entry. */
static inline bool operand_misplaced(uint64_t va, unsigned bytes, uint64_t cr2)
{
    return ((va ^ cr2) & PAGE_MASK) || va & (bytes - 1);
}

/*
 * Nearly all stores are a 64-bit mov, xchg or cmpxchg of a register through a base register: REX.W,
 * the opcode, ModRM, at most a displacement. Recognised from their bytes; the same operations with
 * everything constant that can be, one function each so that it stays constant.
 */
static ALWAYS_INLINE enum emul_result quick(struct vcpu *v, struct table t, enum ptwr_kind kind,
                                            uint64_t va, unsigned reg, unsigned len)
{
    struct insn i = {.len = (uint8_t)len, .reg = (uint8_t)reg};
    struct ptwr_op op = {
        .kind = kind, .bytes = 8, .va = va, .src = gpr_get(&v->regs, reg), .acc = v->regs.rax};

    return op_execute(v, t, &i, &op, kind, 8);
}

static __attribute__((noinline)) enum emul_result quick_mov(struct vcpu *v, struct table t,
                                                            uint64_t va, unsigned reg, unsigned len)
{
    return quick(v, t, PTWR_STORE, va, reg, len);
}

static __attribute__((noinline)) enum emul_result
quick_xchg(struct vcpu *v, struct table t, uint64_t va, unsigned reg, unsigned len)
{
    return quick(v, t, PTWR_XCHG, va, reg, len);
}

static __attribute__((noinline)) enum emul_result
quick_cmpxchg(struct vcpu *v, struct table t, uint64_t va, unsigned reg, unsigned len)
{
    return quick(v, t, PTWR_CMPXCHG, va, reg, len);
}

/* EMUL_CRASH: some other instruction. */
static enum emul_result quick_insn(struct vcpu *v, uint64_t cr2, struct table t, const uint8_t *b)
{
    const uint8_t *p = b + (b[0] == 0xf0 || b[0] == 0x3e);
    unsigned rex = p[0], opcode = p[1], modrm, reg, len;
    uint64_t va;

    if ((rex & 0xfa) != 0x48) /* W, without X */
        return EMUL_CRASH;
    p += 2;
    if (opcode == 0x0f && *p++ != 0xb1)
        return EMUL_CRASH;
    modrm = *p++;
    if (modrm >= 0xc0 || (modrm & 0xc7) == 5)
        return EMUL_CRASH;
    if ((modrm & 7) == 4 && *p++ != 0x24) /* rsp and r12 come with a byte that says: no index */
        return EMUL_CRASH;
    reg = (modrm >> 3 & 7) | (rex & 4) << 1;
    va = gpr_get(&v->regs, (modrm & 7) | (rex & 1) << 3);
    if (modrm >= 0x80) {
        va += (uint64_t)(int64_t)(int32_t)(p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24);
        p += 4;
    } else if (modrm >= 0x40) {
        va += (uint64_t)(int64_t)(int8_t)*p++;
    }
    len = (unsigned)(p - b);
    if (unlikely(operand_misplaced(va, 8, cr2)))
        return EMUL_CRASH; /* the long way refuses it, if it is ours at all */
    if (opcode == 0x89)
        return quick_mov(v, t, va, reg, len);
    if (opcode == 0x87)
        return quick_xchg(v, t, va, reg, len);
    return opcode == 0x0f ? quick_cmpxchg(v, t, va, reg, len) : EMUL_CRASH;
}

static __attribute__((noinline)) enum emul_result
any_insn(struct vcpu *v, uint64_t cr2, struct table t, uint8_t b[16], unsigned n)
{
    enum emul_result r;
    struct ptwr_op op;
    struct insn i;

    r = emul_decode(v, b, n, &i, PF_ERR_FETCH);
    if (r != EMUL_DONE)
        return r;
    if (!ptwr_prepare(&op, &i, &v->regs) || operand_misplaced(op.va, op.bytes, cr2))
        return EMUL_NOT;
    if (op.src_is_va) {
        uint64_t va = op.src;
        size_t left = port_copy_from_guest(&op.src, va, op.bytes);

        if (left)
            return emul_page_fault(v, va + op.bytes - left, 0);
    }
    return op_execute(v, t, &i, &op, op.kind, op.bytes);
}

static inline enum emul_result ptwr_insn(struct vcpu *v, uint64_t cr2, struct table t)
{
    enum emul_result r;
    uint8_t b[16];
    unsigned n = emul_read(v, b, PF_ERR_FETCH);

    if (unlikely(!n))
        return EMUL_FAULT;
    if (likely(n >= INSN_MAX)) {
        r = quick_insn(v, cr2, t, b);
        if (likely(r != EMUL_CRASH))
            return r;
    }
    return any_insn(v, cr2, t, b, n);
}

/* The quick way as long as somebody else uses the table too. */
static void table_put(struct vcpu *v, struct frame *f)
{
    if (likely(frame_put_both_fast(f)))
        return;
    frame_and_type_put(v->domain, f);
    if (type_drain_needed(v->domain))
        vcpu_set_work(v, WORK_DRAIN);
}

enum emul_result emulate_ptwr(struct vcpu *v, uint64_t cr2, uint32_t error)
{
    enum emul_result r;
    struct table t;
    uint64_t entry, *e;
    mfn_t unused;

    if (unlikely(error & PF_ERR_FETCH))
        return EMUL_NOT;
    e = entry_of_va_inline(MFN(v->cr3_kernel >> PAGE_SHIFT), cr2, &unused);
    if (!e)
        return EMUL_NOT;
    entry = READ_ONCE(*e);
    t.mfn = pte_mfn(entry);
    if ((entry & (PTE_P | PTE_RW)) != PTE_P || !mfn_valid(t.mfn))
        return EMUL_NOT;
    t.f = frame_of(t.mfn);
    /* The references keep it a table until the entry is changed. */
    if (!frame_get_table(t.f, v->domain, TYPE_L1))
        return EMUL_NOT;
    r = ptwr_insn(v, cr2, t);
    table_put(v, t.f);
    return r;
}
