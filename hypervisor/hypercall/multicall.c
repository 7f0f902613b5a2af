/* SPDX-License-Identifier: MIT */
/*
 * multicall(entries, n): several hypercalls in one entry, strictly in order. Each entry is copied in once and its
 * result written back at once. Preemptible between entries: what is left is the continuation.
 */
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/xen.h>

/* A call inside wants to go on later: rewrite its entry with the arguments to go on with. */
static long entry_restart(struct vcpu *v, gva_t at, struct multicall_entry *e, uint64_t left)
{
    for (unsigned i = 0; i < 5; i++)
        e->args[i] = v->hc_args[i];
    v->hc_restart = 0;
    if (door_out(v, at, e, sizeof(*e)))
        return -EFAULT;
    return hypercall_restart(v, at, left, 0, 0, 0);
}

long hc_multicall(struct vcpu *v, uint64_t calls, uint64_t n, uint64_t a3, uint64_t a4, uint64_t a5)
{
    const gva_t size = sizeof(struct multicall_entry);
    long rc = 0;

    (void)a3, (void)a4, (void)a5;
    if (unlikely(v->in_multicall))
        return -EINVAL;
    n = (uint32_t)n;
    v->in_multicall = 1;
    for (uint64_t i = 0; i < n; i++, calls += size) {
        struct multicall_entry e;
        long result;

        if (unlikely((i & 15) == 15 && port_preempt_pending())) {
            rc = hypercall_restart(v, calls, n - i, 0, 0, 0);
            break;
        }
        rc = door_in(v, &e, calls, size);
        if (unlikely(rc))
            break;
        if (likely(e.op < NR_HYPERCALLS)) {
            v->hc_nr = (uint32_t)e.op;
            result = hypercall_table[e.op](v, e.args[0], e.args[1], e.args[2], e.args[3], e.args[4]);
        } else {
            result = -ENOSYS;
        }
        if (unlikely(v->hc_restart)) {
            if (v->hc_restart & HC_RESTART)
                rc = entry_restart(v, calls, &e, n - i);
            break; /* or an iret: it ends the multicall too */
        }
        rc = door_out(v, calls + offsetof(struct multicall_entry, result), &result, sizeof(result));
        if (unlikely(rc))
            break;
        if (unlikely(READ_ONCE(v->work) & WORK_DEAD))
            break;
    }
    v->in_multicall = 0;
    return rc;
}
