/* SPDX-License-Identifier: MIT */
/*
 * The toolstack's hypercalls: what hypercall/domctl*.c and sysctl*.c share.
 *
 * A handler gets a kernel copy of the whole structure and answers in it; only operations that say so
 * have it copied back. Order of the checks, as Xen's: the structure is readable (EFAULT), its
 * interface version (EACCES), the domain is there (ESRCH), the caller is the control domain (EPERM),
 * the operation exists (ENOSYS), it is not the caller's own domain where that cannot be.
 *
 * One lock, control_lock, lets one such operation run at a time: what domctls change needs no finer
 * order among them. It is outermost of all locks and only ever tried: who fails is executed again.
 * Operations that take long (destroydomain) run without it.
 */
#ifndef HYPERCALL_CONTROL_H
#define HYPERCALL_CONTROL_H

#include "core/domain.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

struct domctl_call {
    struct vcpu *v;
    struct domain *d; /* NULL where the operation names none */
    gva_t arg;        /* the caller's structure */
    bool answer;      /* copy *op back, also with an error */
};
typedef long domctl_fn(struct domctl_call *c, struct xen_domctl *op);

/* hypercall/domctl_domain.c */
domctl_fn domctl_create, domctl_destroy, domctl_pause, domctl_unpause, domctl_info, domctl_max_mem;
domctl_fn domctl_max_vcpus, domctl_handle, domctl_debugging, domctl_resume, domctl_subscribe;
domctl_fn domctl_time_offset, domctl_set_address_size, domctl_get_address_size, domctl_virq_handler;
domctl_fn domctl_get_tsc, domctl_set_tsc, domctl_get_policy, domctl_set_policy, domctl_scheduler;
domctl_fn domctl_set_nodes, domctl_get_nodes;
/* hypercall/domctl_vcpu.c */
domctl_fn domctl_set_context, domctl_get_context, domctl_vcpu_info, domctl_set_affinity;
domctl_fn domctl_get_affinity, domctl_trigger, domctl_set_ext_context, domctl_get_ext_context;
domctl_fn domctl_set_xstate, domctl_get_xstate, domctl_set_msrs, domctl_get_msrs;
/* hypercall/domctl_memory.c */
domctl_fn domctl_page_info, domctl_shadow, domctl_hypercall_page, domctl_iomem, domctl_ioport;
domctl_fn domctl_irq, domctl_memory_mapping;

struct sysctl_call {
    struct vcpu *v;
    gva_t arg;
    bool answer;
};
typedef long sysctl_fn(struct sysctl_call *c, struct xen_sysctl *op);

/* hypercall/sysctl_info.c: the machine. hypercall/sysctl.c has the rest. */
sysctl_fn sysctl_physinfo, sysctl_cputopo, sysctl_numainfo, sysctl_pcitopo, sysctl_cpuinfo;
sysctl_fn sysctl_availheap, sysctl_featureset, sysctl_cpu_policy;

/* A tool's bitmap to a mask: what is beyond the mask's bits is ignored, as with Xen. -EFAULT */
int bitmap_in(struct vcpu *v, const struct xenctl_bitmap *b, cpumask_t *mask);
/* The other way: bits that the mask has not are zero. -EFAULT */
int bitmap_out(struct vcpu *v, const struct xenctl_bitmap *b, cpumask_t mask);

#endif
