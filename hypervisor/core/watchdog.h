/* SPDX-License-Identifier: MIT */
/*
 * Watchdogs: timers of a domain that shut it down when it does not set them anew. Owns d->watchdog
 * and d->watchdog_inuse, guarded by d->life.
 */
#ifndef CORE_WATCHDOG_H
#define CORE_WATCHDOG_H

#include "core/domain.h"

/* SCHEDOP_watchdog: the answer, -EINVAL, or 0xffffffe4 when both are taken. */
long watchdog_set(struct domain *d, uint32_t id, uint32_t timeout_s);
void watchdog_domain_init(struct domain *d);
void watchdog_domain_stop(struct domain *d);

#endif
