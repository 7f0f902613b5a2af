/* SPDX-License-Identifier: MIT */
#include "core/pirq.h"
#include "core/evtchn.h"
#include "core/irq_port.h"
#include "core/log.h"
#include "core/pagetype.h"
#include "lib/errno.h"

#define PIRQS_MIN 416    /* as many as Xen has on the machine the tests compare on */
#define MESSAGES_MIN 224 /* pirqs beyond the lines; more than there are vectors */
#define ISA_LINES 16

unsigned nr_pirqs = PIRQS_MIN;

void pirq_init(void)
{
    nr_pirqs = max((unsigned)PIRQS_MIN, port_nr_gsis() + MESSAGES_MIN);
}

/* With the lock held. NULL: out of memory. */
static struct pirq_table *table_get(struct domain *d)
{
    if (!d->pirqs) {
        d->pirqs = xalloc(sizeof(struct pirq_table) + nr_pirqs * sizeof(struct pirq));
        if (!d->pirqs)
            refuse(d, ENOMEM, NO_MEMORY, nr_pirqs * sizeof(struct pirq), 0, 0);
        else
            d->pirqs->eoi_mfn = MFN_INVALID;
    }
    return d->pirqs;
}

/* NULL: never used by d. */
static struct pirq *pirq_of(const struct domain *d, unsigned pirq)
{
    return d->pirqs && pirq < nr_pirqs ? &d->pirqs->pirq[pirq] : NULL;
}

/* LIMIT: linear in the pirqs; mapping is rare. */
static int pirq_of_irq(const struct domain *d, const struct irq *irq)
{
    for (unsigned i = 0; d->pirqs && i < nr_pirqs; i++)
        if (d->pirqs->pirq[i].irq == irq)
            return (int)i;
    return -1;
}

static int find_free(const struct domain *d, bool line)
{
    const struct pirq *p = d->pirqs->pirq;
    unsigned gsis = port_nr_gsis();

    for (unsigned i = ISA_LINES; line && i < gsis; i++)
        if (p[i].state == PIRQ_FREE)
            return (int)i;
    for (unsigned i = nr_pirqs; i-- > gsis;)
        if (p[i].state == PIRQ_FREE)
            return (int)i;
    return -ENOSPC;
}

/* ---- mapping ---- */

static int map_locked(struct domain *d, int pirq, struct irq *irq, bool line)
{
    int have = pirq_of_irq(d, irq);
    struct pirq *p;

    if (pirq < 0)
        pirq = have >= 0 ? have : find_free(d, line);
    else if (have >= 0 && have != pirq)
        return refuse(d, EEXIST, PIRQ_MAPPED, pirq, irq->nr, have);
    if (pirq == -ENOSPC)
        return refuse(d, ENOSPC, PIRQ_NONE_FREE, irq->nr, 0, 0);
    p = pirq_of(d, (unsigned)pirq);
    if (!p)
        return refuse(d, EINVAL, EVTCHN_BAD_PIRQ, pirq, 0, 0);
    if (line && p->irq && p->irq != irq)
        return pirq; /* as Xen: no error, and no change */
    if (p->state == PIRQ_LEAVING || (p->irq && p->irq != irq))
        return refuse(d, EBUSY, PIRQ_MAPPED, pirq, irq->nr, p->irq ? p->irq->nr : 0);
    p->state = PIRQ_MAPPED;
    p->irq = irq;
    return pirq;
}

int pirq_map(struct domain *d, int pirq, struct irq *irq, bool line)
{
    int rc = -ENOMEM;

    spin_lock(&d->evtchn.lock);
    if (d->state >= DOM_DYING)
        rc = refuse(d, EINVAL, DOMAIN_DYING, d->id, 0, 0);
    else if (table_get(d))
        rc = map_locked(d, pirq, irq, line);
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static void unmap_locked(struct domain *d, struct pirq *p)
{
    struct irq *irq = p->irq;

    /* The port stays open, and silent, until the guest closes it. */
    irq_unbind(irq, d);
    p->irq = NULL;
    p->state = p->port ? PIRQ_LEAVING : PIRQ_FREE;
    if (irq->chip->release)
        irq->chip->release(irq);
}

int pirq_unmap(struct domain *d, int pirq)
{
    struct pirq *p;
    int rc = 0;

    spin_lock(&d->evtchn.lock);
    p = pirq_of(d, (unsigned)pirq);
    if (p && p->irq)
        unmap_locked(d, p);
    else
        rc = refuse(d, EINVAL, EVTCHN_BAD_PIRQ, pirq, 0, 0);
    spin_unlock(&d->evtchn.lock);
    return rc;
}

int pirq_get_free(struct domain *d, bool line)
{
    int pirq = -ENOMEM;

    spin_lock(&d->evtchn.lock);
    if (table_get(d))
        pirq = find_free(d, line);
    if (pirq >= 0)
        d->pirqs->pirq[pirq].state = PIRQ_ALLOCATED;
    spin_unlock(&d->evtchn.lock);
    return pirq == -ENOSPC ? refuse(d, ENOSPC, PIRQ_NONE_FREE, 0, 0, 0) : pirq;
}

bool pirq_mapped(struct domain *d, int pirq, const struct irq *irq)
{
    int have;

    spin_lock(&d->evtchn.lock);
    have = pirq_of_irq(d, irq);
    spin_unlock(&d->evtchn.lock);
    return have >= 0 && (pirq < 0 || have == pirq);
}

/* ---- EOI ---- */

int pirq_eoi(struct domain *d, unsigned pirq)
{
    evtchn_port_t port = 0;
    struct pirq *p;
    int rc = 0;

    spin_lock(&d->evtchn.lock);
    p = pirq_of(d, pirq);
    if (!p || p->state == PIRQ_FREE) {
        rc = refuse(d, EINVAL, EVTCHN_BAD_PIRQ, pirq, 0, 0);
    } else {
        port = d->pirqs->auto_unmask ? p->port : 0;
        if (p->irq && p->port)
            irq_eoi(p->irq, d);
    }
    spin_unlock(&d->evtchn.lock);
    if (port)
        evtchn_unmask(d, port);
    return rc;
}

int pirq_shared(struct domain *d, unsigned pirq)
{
    struct pirq *p;
    int rc = 0;

    if (pirq >= nr_pirqs)
        return refuse(d, EINVAL, EVTCHN_BAD_PIRQ, pirq, 0, 0);
    spin_lock(&d->evtchn.lock);
    p = pirq_of(d, pirq);
    if (p && p->irq)
        rc = irq_shared(p->irq);
    spin_unlock(&d->evtchn.lock);
    return rc;
}

static void eoi_bit_set(struct domain *d, unsigned pirq, bool wanted)
{
    uint64_t *map = d->pirqs->eoi_map, bit = BIT(pirq % 64);

    if (!map)
        return;
    if (wanted)
        __atomic_or_fetch(&map[pirq / 64], bit, __ATOMIC_SEQ_CST);
    else
        __atomic_and_fetch(&map[pirq / 64], ~bit, __ATOMIC_SEQ_CST);
}

int pirq_eoi_map_set(struct domain *d, mfn_t m, bool unmask)
{
    int rc = 0;

    if (!mfn_valid(m) || frame_and_type_get(d, m, TYPE_WRITABLE, false))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, 0);
    spin_lock(&d->evtchn.lock);
    if (!table_get(d)) {
        rc = -ENOMEM;
    } else if (d->pirqs->eoi_map) {
        rc = refuse(d, EBUSY, PIRQ_EOI_MAP, m.n, d->pirqs->eoi_mfn.n, 0);
    } else {
        d->pirqs->eoi_map = frame_va(m);
        d->pirqs->eoi_mfn = m;
        d->pirqs->auto_unmask = unmask;
        /* What was bound before wants its EOI no less. */
        for (unsigned i = 0; i < nr_pirqs; i++)
            if (d->pirqs->pirq[i].port && d->pirqs->pirq[i].irq && d->pirqs->pirq[i].irq->level)
                eoi_bit_set(d, i, true);
    }
    spin_unlock(&d->evtchn.lock);
    if (rc)
        frame_and_type_put(d, frame_of(m));
    return rc;
}

/* ---- ports ---- */

int pirq_bind_check(struct domain *d, unsigned pirq)
{
    const struct pirq *p = pirq_of(d, pirq);

    if (pirq >= nr_pirqs)
        return refuse(d, EINVAL, EVTCHN_BAD_PIRQ, pirq, 0, 0);
    if (!p || !p->irq)
        return refuse(d, EPERM, EVTCHN_BAD_PIRQ, pirq, 0, 0);
    return p->port ? refuse(d, EEXIST, PIRQ_BOUND, pirq, p->port, 0) : 0;
}

static unsigned cpu_of(const struct domain *d, unsigned vcpu)
{
    return vcpu < d->max_vcpus && d->vcpus[vcpu] ? d->vcpus[vcpu]->sched.cpu : 0;
}

int pirq_bind(struct domain *d, unsigned pirq, evtchn_port_t port, bool share)
{
    struct pirq *p = pirq_of(d, pirq);
    int rc;

    p->port = port;
    eoi_bit_set(d, pirq, p->irq->level);
    rc = irq_bind(p->irq, d, pirq, port, share, cpu_of(d, 0));
    if (rc)
        p->port = 0;
    return rc;
}

void pirq_unbind(struct domain *d, unsigned pirq)
{
    struct pirq *p = pirq_of(d, pirq);

    if (!p)
        return;
    if (p->irq)
        irq_unbind(p->irq, d);
    else if (p->state == PIRQ_LEAVING)
        p->state = PIRQ_FREE;
    p->port = 0;
}

void pirq_follow(struct domain *d, unsigned pirq, unsigned vcpu)
{
    struct pirq *p = pirq_of(d, pirq);

    if (p && p->irq)
        irq_set_cpu(p->irq, cpu_of(d, vcpu));
}

/* ---- the end ---- */

void pirq_domain_release(struct domain *d)
{
    mfn_t m;

    if (!d->pirqs)
        return;
    spin_lock(&d->evtchn.lock);
    for (unsigned i = 0; i < nr_pirqs; i++)
        if (d->pirqs->pirq[i].irq)
            unmap_locked(d, &d->pirqs->pirq[i]);
    m = d->pirqs->eoi_mfn;
    d->pirqs->eoi_map = NULL;
    d->pirqs->eoi_mfn = MFN_INVALID;
    spin_unlock(&d->evtchn.lock);
    if (!mfn_eq(m, MFN_INVALID))
        frame_and_type_put(d, frame_of(m));
}

void pirq_domain_free(struct domain *d)
{
    xfree(d->pirqs);
    d->pirqs = NULL;
}

/* ---- audit ---- */

static const char *pirq_error(const struct domain *d, unsigned pirq)
{
    const struct pirq *p = &d->pirqs->pirq[pirq];

    if (!p->irq != (p->state != PIRQ_MAPPED))
        return "has no irq, or one in the wrong state";
    if (p->irq && pirq_of_irq(d, p->irq) != (int)pirq)
        return "has the irq of another pirq"; /* PIRQ-1 */
    if (p->port && p->state != PIRQ_MAPPED && p->state != PIRQ_LEAVING)
        return "is bound and not mapped";
    if (p->state == PIRQ_LEAVING && !p->port)
        return "is kept for no port";
    return NULL;
}

unsigned pirq_audit(struct domain *d)
{
    unsigned errors = 0;

    for (unsigned i = 0; d->pirqs && i < nr_pirqs; i++) {
        const char *what = pirq_error(d, i);

        if (what)
            log_msg(LOG_ERR, "audit: %s pirq %u %s", d->name, i, what);
        errors += what != NULL;
        if (d->pirqs->pirq[i].irq)
            errors += irq_audit(d->pirqs->pirq[i].irq);
    }
    return errors;
}
