/* SPDX-License-Identifier: MIT */
/*
 * multicall(entries, n): several hypercalls in one entry, strictly in order; each entry is read once and its result
 * written back at once. Preemptible between entries: what is left is the continuation. An iret in it ends it.
 * -EINVAL: a multicall in a multicall; -EFAULT: an entry cannot be read or written, those before it are done.
 * It lives here, not in hypercall/, because entries are read in place: Linux passes through here for each context switch.
 */
#include "core/pte.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "x86/uaccess.h"
#include <xen/xen.h>

#define ENTRY_BYTES sizeof(struct multicall_entry)
_Static_assert(ENTRY_BYTES == 64, "op, result, six arguments");

enum { OP = 0, RESULT = 1, ARG1 = 2 };

/* A call inside wants to go on later: its entry gets the arguments to go on with. */
static __attribute__((noinline)) long entry_restart(struct vcpu *v, uint64_t *e, uint64_t left)
{
    v->hc_restart = 0;
    for (unsigned i = 0; i < 5; i++)
        PUT_GUEST(&e[ARG1 + i], v->hc_args[i], fault);
    return hypercall_restart(v, (uint64_t)e, left, 0, 0, 0);
fault:
    return refuse(v->domain, EFAULT, BAD_POINTER, (uint64_t)e, ENTRY_BYTES, 0);
}

static long run_entries(struct vcpu *v, uint64_t *e, uint64_t n)
{
    for (; n; n--, e += ENTRY_BYTES / 8) {
        uint64_t op, a1, a2, a3, a4, a5;
        long result;

        GET_GUEST(op, &e[OP], fault);
        GET_GUEST(a1, &e[ARG1], fault);
        GET_GUEST(a2, &e[ARG1 + 1], fault);
        GET_GUEST(a3, &e[ARG1 + 2], fault);
        GET_GUEST(a4, &e[ARG1 + 3], fault);
        GET_GUEST(a5, &e[ARG1 + 4], fault);
        if (likely(op < NR_HYPERCALLS)) {
            v->hc_nr = (uint32_t)op;
            result = hypercall_table[op](v, a1, a2, a3, a4, a5);
        } else {
            result = -ENOSYS;
        }
        if (unlikely(v->hc_restart))
            return v->hc_restart & HC_RESTART ? entry_restart(v, e, n) : 0;
        PUT_GUEST(&e[RESULT], result, fault);
        /* The call may have ended or blocked the vcpu: the rest has to wait until it runs again, if it does. */
        if (unlikely(n > 1 && ((READ_ONCE(v->work) & WORK_RESCHED) ||
                               ((n & 15) == 0 && port_preempt_pending()))))
            return hypercall_restart(v, (uint64_t)(e + ENTRY_BYTES / 8), n - 1, 0, 0, 0);
    }
    return 0;
fault:
    return refuse(v->domain, EFAULT, BAD_POINTER, (uint64_t)e, ENTRY_BYTES, 0);
}

long hc_multicall(struct vcpu *v, uint64_t calls, uint64_t n, uint64_t a3, uint64_t a4, uint64_t a5)
{
    long rc;

    (void)a3, (void)a4, (void)a5;
    n = (uint32_t)n;
    if (unlikely(v->in_multicall))
        return -EINVAL;
    if (unlikely(!va_is_guest(calls, n * ENTRY_BYTES)))
        return refuse(v->domain, EFAULT, BAD_POINTER, calls, n * ENTRY_BYTES, 0);
    v->in_multicall = 1;
    rc = run_entries(v, (uint64_t *)calls, n);
    v->in_multicall = 0;
    return rc;
}
