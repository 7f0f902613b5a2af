/* SPDX-License-Identifier: MIT */
/* Between hypercall/memory.c and hypercall/reservation.c. */
#ifndef HYPERCALL_MEMORY_H
#define HYPERCALL_MEMORY_H

#include "hypercall/hypercall.h"
#include <xen/memory.h>

struct domain *memory_target(struct vcpu *v, domid_t id, long *rc);
long memory_reservation(struct vcpu *v, unsigned op, uint64_t start, gva_t arg);
/* populate_physmap of one page for the caller itself, anywhere. False: it is not that, and nothing was done. */
bool memory_populate_single(struct vcpu *v, gva_t arg, long *rc);
long memory_exchange(struct vcpu *v, gva_t arg);

#endif
