/* SPDX-License-Identifier: MIT */
/*
 * A vcpu's context in the ABI's form (struct vcpu_guest_context): given by VCPUOP_initialise and by
 * the toolstack. vcpu_set_context() is declared in core/vcpu.h; it checks everything first, then
 * takes the root tables (preemptibly), then the descriptor pages, and changes the vcpu last. Root
 * tables taken before a restart stay in v->cr3_*, where the next try, or the vcpu's end, finds them.
 */
#ifndef CORE_VCPU_CONTEXT_H
#define CORE_VCPU_CONTEXT_H

#include "core/vcpu.h"

#define VM_ASSISTS                                                                                 \
    (BIT(VMASST_TYPE_4gb_segments) | BIT(VMASST_TYPE_4gb_segments_notify) |                        \
     BIT(VMASST_TYPE_writable_pagetables) | BIT(VMASST_TYPE_pae_extended_cr3) |                    \
     BIT(VMASST_TYPE_architectural_iopl) | BIT(VMASST_TYPE_runstate_update_flag) |                 \
     BIT(VMASST_TYPE_m2p_strict))

/* The other way; v does not run. */
void vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
/* Can this extended-state area of a PV guest be loaded without a fault? Only where XSAVE is offered. */
bool vcpu_xsave_valid(const uint8_t *area);
/* As if it never had a context, and down. v does not run. -ERESTART */
int vcpu_reset(struct vcpu *v);

#endif
