/* SPDX-License-Identifier: MIT */
/*
 * What a guest sees of time: pvclock in vcpu_info.time, wallclock in shared_info, runstate.
 * The conversion TSC -> ns is the machine's (port_tsc_params); versions are odd while written.
 */
#ifndef CORE_TIME_H
#define CORE_TIME_H

#include "core/vcpu.h"

struct tsc_params {
    uint64_t tsc_base, ns_base;
    uint32_t mul;
    int8_t shift;
};
void port_tsc_params(struct tsc_params *p); /* for this CPU, now */
uint64_t port_wallclock_ns(void);           /* UTC ns since 1970 at system time 0 */
void port_wallclock_set(uint64_t ns);

void time_vcpu_update(struct vcpu *v); /* rewrite v->info->time (and the registered area) */
void time_domain_wallclock(struct domain *d);
/* It is `ns` since 1970 at system time 0: in every domain, each with its offset. */
void time_set_wallclock(uint64_t ns);

/* A guest's absolute time is signed: below 0 is long ago. */
static inline uint64_t time_from_guest(uint64_t ns)
{
    return (int64_t)ns < 0 ? 0 : ns;
}

void time_vcpu_init(struct vcpu *v);
void time_vcpu_exit(struct vcpu *v);
/* The periodic timer ticks only while its vcpu runs; a tick that was due meanwhile comes at once. */
void time_periodic_resume(struct vcpu *v);
void time_periodic_suspend(struct vcpu *v);
void time_set_periodic(struct vcpu *v, uint64_t period_ns); /* 0: off */

#endif
