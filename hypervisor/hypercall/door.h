/* SPDX-License-Identifier: MIT */
/*
 * The door: the one way guest memory comes in and goes out. A handler works on kernel copies only; a structure
 * is copied in once (so a double fetch cannot be written), checked, acted on, copied out.
 */
#ifndef HYPERCALL_DOOR_H
#define HYPERCALL_DOOR_H

#include "core/port.h"
#include "core/refusal.h"
#include "core/vcpu.h"
#include <xen/errno.h>

/* 0 or -EFAULT, recorded. */
int door_fault(struct vcpu *v, gva_t va, size_t n);

static inline int door_in(struct vcpu *v, void *dst, gva_t src, size_t n)
{
    return likely(!port_copy_from_guest(dst, src, n)) ? 0 : door_fault(v, src, n);
}

static inline int door_out(struct vcpu *v, gva_t dst, const void *src, size_t n)
{
    return likely(!port_copy_to_guest(dst, src, n)) ? 0 : door_fault(v, dst, n);
}

/* Read or write one structure through a guest address held in a register. */
#define door_in_obj(v, obj, gva) door_in(v, &(obj), gva, sizeof(obj))
#define door_out_obj(v, gva, obj) door_out(v, gva, &(obj), sizeof(obj))

/* A XEN_GUEST_HANDLE in a copied-in structure, as an address. */
#define door_handle(h) ((gva_t)(uintptr_t)(h).p)

/*
 * Continue later: the hypercall is executed again with these arguments (directly: the syscall
 * instruction is repeated; inside a multicall: its entry is rewritten and the multicall continues).
 * return hypercall_restart(v, a1, a2, a3, a4, a5);   (unused ones 0)
 */
long hypercall_restart(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);

#endif
