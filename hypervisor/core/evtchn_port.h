/* SPDX-License-Identifier: MIT */
/* Inside of core/evtchn*.c only: ports behind core/evtchn.h. */
#ifndef CORE_EVTCHN_PORT_H
#define CORE_EVTCHN_PORT_H

#include "core/evtchn.h"

#define PORTS_NEAR (EVTCHN_BUCKETS * EVTCHN_PER_BUCKET) /* all of the 2-level ABI's */
#define EVTCHN_FAR_GROUPS 31
#define PORTS_MAX  (PORTS_NEAR * (1 + EVTCHN_FAR_GROUPS))

/* Buckets of ports beyond PORTS_NEAR. */
struct evtchn_group {
    struct evtchn *bucket[EVTCHN_BUCKETS];
};

struct evtchn *evtchn_port_far(const struct domain *d, evtchn_port_t port);

/* NULL when there is no such port. A bucket once there stays until the domain is freed. */
static inline struct evtchn *port_of(const struct domain *d, evtchn_port_t port)
{
    struct evtchn *bucket;

    if (unlikely(port >= PORTS_NEAR))
        return evtchn_port_far(d, port);
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
/* c, a port of d, becomes pending. With c's lock held, or its peer's, or d's. */
void evtchn_raise(struct domain *d, struct evtchn *c);
void evtchn_upcall(struct vcpu *v); /* set the flag, and see that v looks at it */
void evtchn_pollers_wake(struct domain *d, evtchn_port_t port);

/* ---- core/evtchn_fifo.c; d has no flat, and the same locks are held (pending: none) ---- */
void evtchn_fifo_raise(struct domain *d, struct vcpu *v, struct evtchn *c);
void evtchn_fifo_unmask(struct domain *d, struct evtchn *c);
bool evtchn_fifo_pending(const struct domain *d, evtchn_port_t port);
bool evtchn_fifo_busy(const struct domain *d, evtchn_port_t port); /* still linked, from its last use */
void evtchn_fifo_forget(struct domain *d, struct evtchn *c);       /* it is closed */
/* Back to two levels. d is locked, and all its ports are closed. */
void evtchn_fifo_end(struct domain *d);
unsigned evtchn_fifo_audit(struct domain *d);

#endif
