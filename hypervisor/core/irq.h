/* SPDX-License-Identifier: MIT */
/*
 * A physical interrupt: one line of an I/O APIC, or one message of a device. It belongs to nobody, to the
 * hypervisor (handler), or to the domains that have bound it (guest[]).
 *
 * An edge or a message is acknowledged at once and becomes an event; what comes meanwhile is the same event
 * again, and nothing is masked, since an edge that meets a mask is lost. A level stays masked from its
 * arrival until every domain that got it has said EOI (in_flight is 0), so each of them sees one event per EOI.
 *
 * Memory of a struct irq is never freed. Invariants: IRQ-1 in_flight is how many guests wait; none waits on an edge.
 * IRQ-2 a level with in_flight is masked. IRQ-3 handler and guests exclude each other.
 */
#ifndef CORE_IRQ_H
#define CORE_IRQ_H

#include "core/domain.h"
#include <xen/event_channel.h>

#define IRQ_GUESTS 4 /* LIMIT: so many domains share a line (Xen: 32) */

struct irq;

/* What a kind of interrupt can do. All with the irq's lock held, but release. */
struct irq_chip {
    int (*startup)(struct irq *irq); /* somebody wants it: a vector, and unmask. 0, -ENOSPC */
    void (*mask)(struct irq *irq);
    void (*unmask)(struct irq *irq);
    void (*set_cpu)(struct irq *irq, unsigned cpu);
    void (*release)(struct irq *irq); /* no pirq names it any more; NULL: nothing to do */
};

struct irq_guest {
    struct domain *d;
    evtchn_port_t port;
    uint16_t pirq;
    bool waits; /* for its EOI */
};

struct irq {
    spinlock_t lock;
    const struct irq_chip *chip; /* NULL: there is no such interrupt */
    uint16_t nr;                 /* a GSI, or more for messages */
    uint8_t vector;              /* 0: none yet */
    bool level, active_low;
    bool set_up; /* level and active_low were said by setup_gsi */
    bool masked;
    bool shareable;
    uint8_t nr_guests, in_flight;
    unsigned cpu;
    struct irq_guest guest[IRQ_GUESTS];
    void (*handler)(void *arg); /* the hypervisor's own, for ever */
    void *arg;
    void *device; /* chip's */
};

static inline bool irq_in_use(const struct irq *irq)
{
    return irq->handler || irq->nr_guests;
}

/* The machine has acknowledged it: tell the guests. With the lock held; a level is masked already. */
void irq_deliver(struct irq *irq);
/* d hears of it as pirq through port. -EBUSY: it is the hypervisor's, or not to be shared; -ENOSPC. */
int irq_bind(struct irq *irq, struct domain *d, unsigned pirq, evtchn_port_t port, bool share,
             unsigned cpu);
void irq_unbind(struct irq *irq, const struct domain *d); /* if bound */
void irq_eoi(struct irq *irq, const struct domain *d);
bool irq_shared(struct irq *irq);
void irq_set_cpu(struct irq *irq, unsigned cpu);

unsigned irq_audit(struct irq *irq); /* errors found */

#endif
