/* SPDX-License-Identifier: MIT */
/*
 * One function a hypercall, hc_NAME, by abi/hypercalls.def: HYPERCALL(nr, name, nargs).
 * v: the calling vcpu; a1..a5: the guest's rdi rsi rdx r10 r8. The return value goes to rax, except that after
 * hypercall_restart() (-ERESTART) the call is executed again.
 */
#ifndef HYPERCALL_HYPERCALL_H
#define HYPERCALL_HYPERCALL_H

#include "hypercall/door.h"

#define HYPERCALL(nr, name, nargs) \
    long hc_##name(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5);
#include "hypercalls.def"
#undef HYPERCALL

typedef long hypercall_fn(struct vcpu *v, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
#define NR_HYPERCALLS 64
extern hypercall_fn *const hypercall_table[NR_HYPERCALLS];

extern const char *philoxen_cmdline; /* set at boot; xen_version tells it to the control domain */

#endif
