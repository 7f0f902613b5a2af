/* SPDX-License-Identifier: MIT */
/* What the three hypercalls on page tables share. Batches count from the guest's array in order; bit 31 of
 * the count marks a call that goes on, as with Xen: then pdone holds what was done before. */
#ifndef HYPERCALL_MMU_H
#define HYPERCALL_MMU_H

#include "core/pagetype.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"

#define MMU_PREEMPTED 0x80000000u

/* The domain whose frames are meant: DOMID_SELF, another, DOMID_IO or DOMID_XEN (with a reference).
 * NULL: none such; the caller's own id counts as none, as with Xen. */
struct domain *mmu_frame_owner(struct vcpu *v, domid_t id);
void mmu_frame_owner_put(struct vcpu *v, struct domain *d);
/* May v work on the frames or tables of d? 0 or -EPERM. */
int mmu_may_touch(struct vcpu *v, struct domain *d);

struct mmu_batch {
    uint64_t list, pdone;
    uint32_t count, done;
    uint32_t done_before; /* by the calls this one continues */
    uint32_t arg4;
};

/* Decode the arguments. Returns 1 to begin; 0: a call that only had tables left to drop is complete, *rc
 * its result. */
int mmu_batch_begin(struct vcpu *v, struct mmu_batch *b, uint64_t list, uint64_t count, uint64_t pdone,
                    uint64_t arg4, long *rc);
/* The end with what the last entry said: tables are dropped, pdone is written, restarts arranged. */
long mmu_batch_end(struct vcpu *v, struct mmu_batch *b, struct domain *tables_of, long rc);

/* The CPUs on which the vcpus of a bitmap in guest memory run. 0 or -EFAULT. */
int mmu_vcpu_mask(struct vcpu *v, gva_t bitmap, cpumask_t *cpus);

#endif
