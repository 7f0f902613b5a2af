/* SPDX-License-Identifier: MIT */
/*
 * What the emulations ask of the machine (x86/emul_port.c; host tests: tests/unit/fake_emul.c).
 * All act on this CPU, for the current vcpu.
 */
#ifndef CORE_EMUL_PORT_H
#define CORE_EMUL_PORT_H

#include "lib/types.h"

struct vcpu;
struct cpuid_leaf;

/* The extended-state components that are switched between vcpus; 0: XSAVE is not offered.
 * x86/fpu.c sets it at boot, before cpuid_init(). */
extern uint64_t xcr0_host_mask;
unsigned port_xsave_size(void); /* bytes of v->xsave */

void port_cpuid(uint32_t leaf, uint32_t sub, struct cpuid_leaf *out);
bool port_rdmsr(uint32_t msr, uint64_t *val); /* false: no such MSR */
uint64_t port_rdtsc(void);
void port_wbinvd(void);

/* bytes 1, 2 or 4. */
uint32_t port_io_in(uint16_t port, unsigned bytes);
void port_io_out(uint16_t port, unsigned bytes, uint32_t val);

/* Segment bases as the CPU holds them. In guest kernel mode GS is the kernel's and GS_SHADOW the
 * user's, in user mode the other way round. The address must be canonical. */
enum seg_base { BASE_FS, BASE_GS, BASE_GS_SHADOW };
uint64_t port_base_get(enum seg_base which);
void port_base_set(enum seg_base which, uint64_t base);
/* Load %gs with sel (0 if it cannot be loaded) so that its base becomes GS_SHADOW: that base. */
uint64_t port_load_gs_shadow_sel(uint16_t sel);

void port_load_cr4(struct vcpu *v);  /* v->cr4 changed */
void port_load_xcr0(struct vcpu *v); /* v->xcr0 changed */

#endif
