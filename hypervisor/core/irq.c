/* SPDX-License-Identifier: MIT */
#include "core/irq.h"
#include "core/evtchn.h"
#include "core/log.h"
#include "lib/errno.h"

static struct irq_guest *guest_of(struct irq *irq, const struct domain *d)
{
    for (unsigned i = 0; i < irq->nr_guests; i++)
        if (irq->guest[i].d == d)
            return &irq->guest[i];
    return NULL;
}

void irq_deliver(struct irq *irq)
{
    for (unsigned i = 0; i < irq->nr_guests; i++) {
        struct irq_guest *g = &irq->guest[i];

        if (irq->level && !g->waits) {
            g->waits = true;
            irq->in_flight++;
        }
        evtchn_raise_pirq(g->d, g->port, g->pirq);
    }
}

static void guest_done(struct irq *irq, struct irq_guest *g)
{
    if (!g->waits)
        return;
    g->waits = false;
    if (!--irq->in_flight)
        irq->chip->unmask(irq);
}

static int bind_locked(struct irq *irq, const struct irq_guest *g, bool share, unsigned cpu)
{
    int rc;

    if (irq->handler || irq->nr_guests == IRQ_GUESTS ||
        (irq->nr_guests && !(share && irq->shareable)))
        return refuse(g->d, EBUSY, IRQ_IN_USE, irq->nr, irq->nr_guests, share);
    /* First, since it may come as soon as it is unmasked. */
    irq->guest[irq->nr_guests++] = *g;
    if (irq->nr_guests > 1)
        return 0;
    irq->shareable = share;
    irq->cpu = cpu;
    rc = irq->chip->startup(irq);
    if (rc) {
        irq->nr_guests = 0;
        return refuse(g->d, -rc, IRQ_NO_VECTOR, irq->nr, 0, 0);
    }
    return 0;
}

int irq_bind(struct irq *irq, struct domain *d, unsigned pirq, evtchn_port_t port, bool share,
             unsigned cpu)
{
    struct irq_guest g = {.d = d, .port = port, .pirq = (uint16_t)pirq};
    int rc;

    spin_lock(&irq->lock);
    rc = bind_locked(irq, &g, share, cpu);
    spin_unlock(&irq->lock);
    return rc;
}

void irq_unbind(struct irq *irq, const struct domain *d)
{
    struct irq_guest *g;

    spin_lock(&irq->lock);
    g = guest_of(irq, d);
    if (g) {
        /* Masked before the last one's EOI could unmask it: nobody would quench the line again. */
        if (irq->nr_guests == 1) {
            irq->chip->mask(irq);
            irq->in_flight = 0;
            g->waits = false;
        }
        guest_done(irq, g);
        *g = irq->guest[--irq->nr_guests];
        irq->guest[irq->nr_guests] = (struct irq_guest){0};
    }
    spin_unlock(&irq->lock);
}

void irq_eoi(struct irq *irq, const struct domain *d)
{
    struct irq_guest *g;

    spin_lock(&irq->lock);
    g = guest_of(irq, d);
    if (g)
        guest_done(irq, g);
    spin_unlock(&irq->lock);
}

bool irq_shared(struct irq *irq)
{
    return READ_ONCE(irq->nr_guests) > 1;
}

void irq_set_cpu(struct irq *irq, unsigned cpu)
{
    spin_lock(&irq->lock);
    if (irq->nr_guests && irq->cpu != cpu) {
        irq->cpu = cpu;
        irq->chip->set_cpu(irq, cpu);
    }
    spin_unlock(&irq->lock);
}

unsigned irq_audit(struct irq *irq)
{
    unsigned waiting = 0, errors = 0;

    for (unsigned i = 0; i < irq->nr_guests; i++)
        waiting += irq->guest[i].waits;
    if (waiting != irq->in_flight || (waiting && !irq->level)) {
        log_msg(LOG_ERR, "audit: irq %u: %u guests wait, %u counted", irq->nr, waiting,
                irq->in_flight);
        errors++;
    }
    if (irq->in_flight && !irq->masked) {
        log_msg(LOG_ERR, "audit: irq %u is in flight and not masked", irq->nr);
        errors++;
    }
    if (irq->handler && irq->nr_guests) {
        log_msg(LOG_ERR, "audit: irq %u is the hypervisor's and bound", irq->nr);
        errors++;
    }
    return errors;
}
