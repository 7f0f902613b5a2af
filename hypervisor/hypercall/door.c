/* SPDX-License-Identifier: MIT */
#include "hypercall/door.h"
#include "lib/errno.h"

int door_fault(struct vcpu *v, gva_t va, size_t n)
{
    return refuse(v->domain, EFAULT, BAD_POINTER, va, n, 0);
}

long hypercall_restart(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    v->hc_args[0] = a1;
    v->hc_args[1] = a2;
    v->hc_args[2] = a3;
    v->hc_args[3] = a4;
    v->hc_args[4] = a5;
    v->hc_restart |= HC_RESTART;
    return -ERESTART;
}
