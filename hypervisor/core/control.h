/* SPDX-License-Identifier: MIT */
/*
 * What the toolstack may know and change of a domain, beyond what other parts of core offer. Callers
 * hold the toolstack's lock (hypercall/control.h), which alone guards control_pauses.
 */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include "core/domain.h"
#include <xen/domctl.h>

/* A toolstack that loses count must not wrap the domain's. */
#define CONTROL_PAUSES_MAX 255

void control_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *out);
int control_pause(struct domain *d);   /* -EOVERFLOW */
int control_unpause(struct domain *d); /* -EINVAL: it was not paused by the toolstack */

/* The rate of the time stamp counter guests read. */
uint32_t control_tsc_khz(void);

#endif
