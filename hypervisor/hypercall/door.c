/* SPDX-License-Identifier: MIT */
#include "hypercall/door.h"
#include "lib/errno.h"

int door_in(struct vcpu *v, void *dst, gva_t src, size_t n)
{
    if (unlikely(port_copy_from_guest(dst, src, n)))
        return refuse(v->domain, EFAULT, BAD_POINTER, src, n, 0);
    return 0;
}

int door_out(struct vcpu *v, gva_t dst, const void *src, size_t n)
{
    if (unlikely(port_copy_to_guest(dst, src, n)))
        return refuse(v->domain, EFAULT, BAD_POINTER, dst, n, 0);
    return 0;
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
