/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls of the list that are not there yet, or never will be: each says so. They come with the toolstack (sysctl,
 * domctl, xsm_op) or not at all (HVM, profiling, argo, kexec).
 */
#define __XEN_TOOLS__ 1 /* domctl.h and sysctl.h are for those who say so */
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

#define ABSENT(name, err)                                                                            \
    long hc_##name(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)  \
    {                                                                                                \
        (void)a2, (void)a3, (void)a4, (void)a5;                                                      \
        return refuse(v->domain, err, UNKNOWN_HYPERCALL, v->hc_nr, a1, 0);                           \
    }

ABSENT(event_channel_op_compat, ENOSYS)
ABSENT(physdev_op_compat, ENOSYS)
ABSENT(xsm_op, ENOSYS)
ABSENT(xenoprof_op, ENOSYS)
ABSENT(hvm_op, ENOSYS)
ABSENT(kexec_op, ENOSYS)
ABSENT(argo_op, ENOSYS)
ABSENT(xenpmu_op, EOPNOTSUPP)
ABSENT(dm_op, ENOSYS)
ABSENT(hypfs_op, ENOSYS)

/* The toolstack's: a structure that cannot be read is told apart from an operation that is not there. */
#define ABSENT_OP(name, type)                                                                        \
    long hc_##name(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)  \
    {                                                                                                \
        type op;                                                                                     \
                                                                                                     \
        (void)a2, (void)a3, (void)a4, (void)a5;                                                      \
        if (door_in_obj(v, op, a1))                                                                  \
            return -EFAULT;                                                                          \
        v->hc_sub = op.cmd;                                                                          \
        return refuse(v->domain, ENOSYS, UNKNOWN_HYPERCALL, v->hc_nr, op.cmd, 0);                    \
    }

ABSENT_OP(sysctl, struct xen_sysctl)
ABSENT_OP(domctl, struct xen_domctl)
