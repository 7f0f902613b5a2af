/* SPDX-License-Identifier: MIT */
/*
 * A vcpu's debug registers. v->dr[0..3] the addresses, v->dr[6], v->dr[7] as loaded into the CPU;
 * v->dr[5] the enable bits of I/O breakpoints, which are never loaded (the ports are the
 * hypervisor's) but checked when port I/O is emulated; the guest reads dr[7] | dr[5].
 */
#ifndef CORE_DEBUGREG_H
#define CORE_DEBUGREG_H

#include "core/vcpu.h"

#define DR7_ACTIVE 0xffull

/* 0; -ENODEV no such register (#UD as an instruction); -EINVAL a reserved bit; -EPERM a breakpoint
 * in the hypervisor, or bits a guest may not use. Loads the CPU if v is current. */
int debugreg_set(struct vcpu *v, int reg, uint64_t val);
int debugreg_get(const struct vcpu *v, int reg, uint64_t *val); /* 0 or -ENODEV */
/* Which I/O breakpoints (DR6 bits) an access hits. */
uint64_t debugreg_io_hit(const struct vcpu *v, unsigned port, unsigned bytes);

#endif
