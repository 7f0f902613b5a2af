/* SPDX-License-Identifier: MIT */
/* Inside of core/evtchn*.c only: ports behind core/evtchn.h. */
#ifndef CORE_EVTCHN_PORT_H
#define CORE_EVTCHN_PORT_H

#include "core/evtchn.h"

#define PORTS_MAX (EVTCHN_BUCKETS * EVTCHN_PER_BUCKET)

/* NULL when there is no such port. A bucket once there stays until the domain is freed. */
static inline struct evtchn *port_of(const struct domain *d, evtchn_port_t port)
{
    struct evtchn *bucket;

    if (unlikely(port >= PORTS_MAX))
        return NULL;
    bucket = __atomic_load_n(&d->evtchn.bucket[port / EVTCHN_PER_BUCKET], __ATOMIC_ACQUIRE);
    return likely(bucket) ? &bucket[port % EVTCHN_PER_BUCKET] : NULL;
}

static inline struct vcpu *vcpu_of(const struct domain *d, unsigned id)
{
    return likely(id < d->max_vcpus) ? d->vcpus[id] : NULL;
}

static inline bool virq_is_global(unsigned virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

/* The lowest free port, with d's lock held: 0, -EINVAL (dying), -ENOSPC, -ENOMEM. Not taken
 * until evtchn_port_use(). */
int evtchn_find_free(struct domain *d, struct evtchn **out);
/* With d's lock and c's lock held: a free port becomes something, and free again. */
void evtchn_port_use(struct domain *d, struct evtchn *c, enum evtchn_state state);
void evtchn_port_free(struct domain *d, struct evtchn *c);
/* c, a port of d, becomes pending. With c's lock held, or its peer's. */
void evtchn_raise(struct domain *d, const struct evtchn *c);

#endif
