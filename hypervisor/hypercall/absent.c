/* SPDX-License-Identifier: MIT */
/* Hypercalls of the list that will never be: each says so. */
#include "hypercall/hypercall.h"
#include "lib/errno.h"

#define ABSENT(name, err)                                                                            \
    long hc_##name(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)  \
    {                                                                                                \
        (void)a2, (void)a3, (void)a4, (void)a5;                                                      \
        return refuse(v->domain, err, UNKNOWN_HYPERCALL, v->hc_nr, a1, 0);                           \
    }


ABSENT(event_channel_op_compat, ENOSYS)
ABSENT(physdev_op_compat, ENOSYS)
ABSENT(xenoprof_op, ENOSYS)
ABSENT(hvm_op, ENOSYS)
ABSENT(kexec_op, ENOSYS)
ABSENT(argo_op, ENOSYS)
ABSENT(xenpmu_op, EOPNOTSUPP)
ABSENT(dm_op, ENOSYS)
ABSENT(hypfs_op, ENOSYS)

/* The tools ask for security labels all the time and expect no answer: this is one, no refusal. */
long hc_xsm_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)v, (void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
    return -ENOSYS;
}
