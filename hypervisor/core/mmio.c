/* SPDX-License-Identifier: MIT */
#include "core/mmio.h"
#include "core/entry.h"
#include "core/ptwr_op.h"
#include "lib/rangeset.h"

static spinlock_t lock = SPINLOCK_INIT; /* a leaf */
static struct rangeset *readonly;
static uint32_t count; /* changes with the set; 0: empty, looked at without the lock */

int mmio_readonly_add(uint64_t first, uint64_t last)
{
    int rc = -ENOMEM;

    spin_lock(&lock);
    if (!readonly)
        readonly = rangeset_new();
    if (readonly)
        rc = rangeset_add(readonly, first, last);
    WRITE_ONCE(count, readonly ? readonly->count : 0);
    spin_unlock(&lock);
    return rc;
}

void mmio_readonly_remove(uint64_t first, uint64_t last)
{
    spin_lock(&lock);
    if (readonly)
        rangeset_remove(readonly, first, last);
    WRITE_ONCE(count, readonly ? readonly->count : 0);
    spin_unlock(&lock);
}

bool mmio_is_readonly(uint64_t mfn)
{
    bool is;

    if (likely(!READ_ONCE(count)))
        return false;
    spin_lock(&lock);
    is = rangeset_contains(readonly, mfn, mfn);
    spin_unlock(&lock);
    return is;
}

enum emul_result emulate_mmio_readonly(struct vcpu *v, uint64_t cr2)
{
    enum emul_result r;
    struct ptwr_op op;
    struct insn i;
    uint64_t *e;
    uint8_t b[16];
    unsigned n;
    mfn_t l1;

    if (likely(!READ_ONCE(count)))
        return EMUL_NOT;
    e = entry_of_va(MFN(v->cr3_kernel >> PAGE_SHIFT), cr2, &l1);
    if (!e || !mmio_is_readonly(pte_mfn(READ_ONCE(*e)).n))
        return EMUL_NOT;
    n = emul_read(v, b, PF_ERR_FETCH);
    if (!n)
        return EMUL_FAULT;
    r = emul_decode(v, b, n, &i, PF_ERR_FETCH);
    if (r != EMUL_DONE)
        return r;
    if (!ptwr_prepare(&op, &i, &v->regs) || op.kind != PTWR_STORE || op.va != cr2)
        return EMUL_NOT;
    emul_retire(v, i.len);
    return EMUL_DONE;
}
