/* SPDX-License-Identifier: MIT */
/*
 * vm_assist(cmd, type): switches of the ABI (public xen.h, VMASST_*). -EINVAL: a type this ABI does not have;
 * -ENOSYS: neither enable nor disable.
 */
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/xen.h>

#define ASSISTS_VALID                                                                             \
    (BIT(VMASST_TYPE_4gb_segments) | BIT(VMASST_TYPE_4gb_segments_notify) | BIT(VMASST_TYPE_writable_pagetables) | \
     BIT(VMASST_TYPE_pae_extended_cr3) | BIT(VMASST_TYPE_architectural_iopl) | BIT(VMASST_TYPE_runstate_update_flag) | \
     BIT(VMASST_TYPE_m2p_strict))

static void vcpus_keep_iopl(struct domain *d, bool keep)
{
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpus[i])
            d->vcpus[i]->keeps_iopl = keep;
}

long hc_vm_assist(struct vcpu *v, uint64_t cmd, uint64_t type, uint64_t a3, uint64_t a4, uint64_t a5)
{
    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)cmd;
    if (type >= 64 || !(ASSISTS_VALID & BIT(type)))
        return refuse(v->domain, EINVAL, UNKNOWN_SUBOP, type, 0, 0);
    switch ((uint32_t)cmd) {
    case VMASST_CMD_enable:
        __atomic_or_fetch(&v->domain->vm_assist, (uint32_t)BIT(type), __ATOMIC_RELAXED);
        break;
    case VMASST_CMD_disable:
        __atomic_and_fetch(&v->domain->vm_assist, ~(uint32_t)BIT(type), __ATOMIC_RELAXED);
        break;
    default:
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    }
    if (type == VMASST_TYPE_architectural_iopl)
        vcpus_keep_iopl(v->domain, (uint32_t)cmd == VMASST_CMD_enable);
    return 0;
}
