/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls of the list that are not there yet, or never will be: each says so. They come with Dom0's devices (physdev_op,
 * platform_op, mca), with the toolstack (sysctl, domctl, xsm_op) or not at all (HVM, profiling, argo, kexec).
 */
#include "hypercall/hypercall.h"
#include "lib/errno.h"

#define ABSENT(name, err)                                                                            \
    long hc_##name(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)  \
    {                                                                                                \
        (void)a2, (void)a3, (void)a4, (void)a5;                                                      \
        return refuse(v->domain, err, UNKNOWN_HYPERCALL, v->hc_nr, a1, 0);                           \
    }

ABSENT(platform_op, ENOSYS)
ABSENT(event_channel_op_compat, ENOSYS)
ABSENT(physdev_op_compat, ENOSYS)
ABSENT(xsm_op, ENOSYS)
ABSENT(xenoprof_op, ENOSYS)
ABSENT(physdev_op, ENOSYS)
ABSENT(hvm_op, ENOSYS)
ABSENT(sysctl, ENOSYS)
ABSENT(domctl, ENOSYS)
ABSENT(kexec_op, ENOSYS)
ABSENT(argo_op, ENOSYS)
ABSENT(xenpmu_op, EOPNOTSUPP)
ABSENT(dm_op, ENOSYS)
ABSENT(hypfs_op, ENOSYS)
ABSENT(mca, ENOSYS)
