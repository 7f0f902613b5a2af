/* SPDX-License-Identifier: MIT */
/* Binding, closing and describing ports. */
#include "core/evtchn_port.h"
#include "core/log.h"
#include "core/pirq.h"
#include "lib/errno.h"

/* By number, DOMID_SELF or one's own number: a reference. System domains have no ports. */
static struct domain *target(struct domain *caller, domid_t id)
{
    struct domain *d;

    if (id == DOMID_SELF || id == caller->id) {
        domain_get(caller);
        return caller;
    }
    d = domain_find(id);
    if (!d)
        refuse(caller, ESRCH, NO_SUCH_DOMAIN, id, 0, 0);
    return d;
}

static int may_control(struct domain *caller, const struct domain *d)
{
    return likely(caller == d || caller->privileged)
               ? 0
               : refuse(caller, EPERM, NOT_PRIVILEGED, d->id, 0, 0);
}

int evtchn_alloc_unbound(struct domain *caller, struct evtchn_alloc_unbound *a)
{
    struct domain *d = target(caller, a->dom);
    struct evtchn *c;
    int rc;

    if (!d)
        return -ESRCH;
    spin_lock(&d->evtchn.lock);
    rc = evtchn_find_free(d, &c);
    if (!rc)
        rc = may_control(caller, d);
    if (!rc) {
        spin_lock(&c->lock);
        evtchn_port_use(d, c, EVT_UNBOUND);
        c->remote_domid = a->remote_dom == DOMID_SELF ? caller->id : a->remote_dom;
        spin_unlock(&c->lock);
        a->port = c->port;
    }
    spin_unlock(&d->evtchn.lock);
    domain_put(d);
    return rc;
}

/* Both domains' locks are held. Each end takes a reference on the other's domain (EVT-3). */
static void connect(struct domain *ld, struct evtchn *l, struct domain *rd, struct evtchn *r)
{
    spin_lock_two(&l->lock, &r->lock);
    evtchn_port_use(ld, l, EVT_INTERDOMAIN);
    domain_get(rd);
    l->remote = rd;
    l->remote_port = r->port;
    r->state = EVT_INTERDOMAIN;
    domain_get(ld);
    r->remote = ld;
    r->remote_port = l->port;
    /* The peer may have sent before anybody was there to hear it. */
    evtchn_raise(ld, l);
    spin_unlock_two(&l->lock, &r->lock);
}

int evtchn_bind_interdomain(struct domain *caller, struct evtchn_bind_interdomain *a)
{
    struct domain *rd = target(caller, a->remote_dom);
    struct evtchn *l, *r;
    int rc;

    if (!rd)
        return -ESRCH;
    spin_lock_two(&caller->evtchn.lock, &rd->evtchn.lock);
    rc = evtchn_find_free(caller, &l);
    if (rc)
        goto unlock;
    r = port_of(rd, a->remote_port);
    if (!r || r->state != EVT_UNBOUND || r->remote_domid != caller->id) {
        rc = refuse(caller, EINVAL, EVTCHN_NOT_OFFERED, rd->id, a->remote_port, r ? r->state : 0);
        goto unlock;
    }
    connect(caller, l, rd, r);
    a->local_port = l->port;
unlock:
    spin_unlock_two(&caller->evtchn.lock, &rd->evtchn.lock);
    domain_put(rd);
    return rc;
}

int evtchn_bind_virq(struct domain *caller, struct evtchn_bind_virq *a)
{
    struct vcpu *v = vcpu_of(caller, a->vcpu);
    struct evtchn *c;
    int rc;

    if (a->virq >= NR_VIRQS || (virq_is_global(a->virq) && a->vcpu))
        return refuse(caller, EINVAL, EVTCHN_BAD_VIRQ, a->virq, a->vcpu, 0);
    if (!v)
        return refuse(caller, ENOENT, VCPU_MISSING, a->vcpu, 0, 0);
    spin_lock(&caller->evtchn.lock);
    if (v->virq_port[a->virq])
        rc = refuse(caller, EEXIST, EVTCHN_VIRQ_BOUND, a->virq, a->vcpu, v->virq_port[a->virq]);
    else
        rc = evtchn_find_free(caller, &c);
    if (!rc) {
        spin_lock(&c->lock);
        evtchn_port_use(caller, c, EVT_VIRQ);
        c->notify_vcpu = (uint16_t)a->vcpu;
        c->virq = (uint16_t)a->virq;
        spin_unlock(&c->lock);
        a->port = c->port;
        __atomic_store_n(&v->virq_port[a->virq], c->port, __ATOMIC_RELEASE);
    }
    spin_unlock(&caller->evtchn.lock);
    return rc;
}

int evtchn_bind_ipi(struct domain *caller, struct evtchn_bind_ipi *a)
{
    struct evtchn *c;
    int rc;

    if (!vcpu_of(caller, a->vcpu))
        return refuse(caller, ENOENT, VCPU_MISSING, a->vcpu, 0, 0);
    spin_lock(&caller->evtchn.lock);
    rc = evtchn_find_free(caller, &c);
    if (!rc) {
        spin_lock(&c->lock);
        evtchn_port_use(caller, c, EVT_IPI);
        c->notify_vcpu = (uint16_t)a->vcpu;
        spin_unlock(&c->lock);
        a->port = c->port;
    }
    spin_unlock(&caller->evtchn.lock);
    return rc;
}

/* ---- closing ---- */

/* With the locks of both domains. The peer waits again for whoever closed. */
static void disconnect(struct domain *d, struct evtchn *c)
{
    struct evtchn *peer = port_of(c->remote, c->remote_port);

    spin_lock_two(&c->lock, &peer->lock);
    peer->state = EVT_UNBOUND;
    peer->remote_domid = d->id;
    peer->remote = NULL;
    peer->remote_port = 0;
    evtchn_port_free(d, c);
    spin_unlock_two(&c->lock, &peer->lock);
}

static void close_local(struct domain *d, struct evtchn *c)
{
    struct vcpu *v;

    /* Before the port's lock, which whoever tells of an interrupt takes inside the irq's. */
    if (c->state == EVT_PIRQ)
        pirq_unbind(d, c->virq);
    spin_lock(&c->lock);
    if (c->state == EVT_VIRQ) {
        /* A global one may have been moved to another vcpu, but its record stays with vcpu 0. */
        v = d->vcpus[virq_is_global(c->virq) ? 0 : c->notify_vcpu];
        __atomic_store_n(&v->virq_port[c->virq], 0, __ATOMIC_RELEASE);
    }
    evtchn_port_free(d, c);
    spin_unlock(&c->lock);
}

int evtchn_bind_pirq(struct domain *caller, struct evtchn_bind_pirq *a)
{
    struct evtchn *c;
    int rc;

    spin_lock(&caller->evtchn.lock);
    rc = pirq_bind_check(caller, a->pirq);
    if (!rc)
        rc = evtchn_find_free(caller, &c);
    if (!rc) {
        spin_lock(&c->lock);
        evtchn_port_use(caller, c, EVT_PIRQ);
        c->virq = (uint16_t)a->pirq;
        spin_unlock(&c->lock);
        /* Last: it may come at once. */
        rc = pirq_bind(caller, a->pirq, c->port, a->flags & BIND_PIRQ__WILL_SHARE);
        if (rc)
            close_local(caller, c);
        else
            a->port = c->port;
    }
    spin_unlock(&caller->evtchn.lock);
    return rc;
}

static int port_close(struct domain *d, evtchn_port_t port)
{
    struct evtchn *c = port_of(d, port);
    struct domain *rd = NULL;

    if (!c)
        return refuse(d, EINVAL, EVTCHN_BAD_PORT, port, 0, 0);
    for (;;) {
        spin_lock(&d->evtchn.lock);
        if (c->state != EVT_INTERDOMAIN)
            break;
        /* The peer's domain must be locked too, in order: let go, and see whether it is still the
         * same one. The reference keeps it alive meanwhile. */
        rd = c->remote;
        domain_get(rd);
        spin_unlock(&d->evtchn.lock);
        spin_lock_two(&d->evtchn.lock, &rd->evtchn.lock);
        if (likely(c->state == EVT_INTERDOMAIN && c->remote == rd)) {
            disconnect(d, c);
            spin_unlock_two(&d->evtchn.lock, &rd->evtchn.lock);
            domain_put(rd); /* ours */
            domain_put(rd); /* this end's */
            domain_put(d);  /* the other end's */
            return 0;
        }
        spin_unlock_two(&d->evtchn.lock, &rd->evtchn.lock);
        domain_put(rd);
    }
    if (c->state == EVT_FREE || c->state == EVT_RESERVED) {
        unsigned state = c->state;

        spin_unlock(&d->evtchn.lock);
        return refuse(d, EINVAL, EVTCHN_BAD_STATE, port, state, 0);
    }
    close_local(d, c);
    spin_unlock(&d->evtchn.lock);
    return 0;
}

int evtchn_close(struct domain *caller, evtchn_port_t port)
{
    return port_close(caller, port);
}

static bool port_open(const struct domain *d, evtchn_port_t port)
{
    const struct evtchn *c = port_of(d, port);

    return c && c->state != EVT_FREE && c->state != EVT_RESERVED;
}

/* -ERESTART: call again, it goes on where it was. Others may open ports behind it. */
static int close_ports(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;
    evtchn_port_t port = max(READ_ONCE(e->close_next), 1u);

    for (unsigned seen = 1; port < PORTS_MAX && READ_ONCE(e->used) > 1; port++, seen++) {
        if (port_open(d, port))
            port_close(d, port);
        else if (!port_of(d, port))
            port |= EVTCHN_PER_BUCKET - 1;
        if (seen % 64 == 0 && port_preempt_pending()) {
            WRITE_ONCE(e->close_next, port + 1);
            return -ERESTART;
        }
    }
    WRITE_ONCE(e->close_next, 1);
    return 0;
}

int evtchn_domain_close_all(struct domain *d)
{
    int rc = close_ports(d);

    if (!rc) {
        spin_lock(&d->evtchn.lock);
        evtchn_fifo_end(d);
        spin_unlock(&d->evtchn.lock);
    }
    return rc;
}

int evtchn_reset(struct domain *caller, struct evtchn_reset *a)
{
    struct domain *d = target(caller, a->dom);
    int rc;

    if (!d)
        return -ESRCH;
    rc = may_control(caller, d);
    if (!rc && d != caller && !READ_ONCE(d->pause_count))
        rc = refuse(caller, EINVAL, EVTCHN_NOT_PAUSED, d->id, 0, 0);
    if (!rc)
        rc = close_ports(d);
    if (!rc) {
        spin_lock(&d->evtchn.lock);
        if (d->evtchn.used > 1)
            rc = refuse(d, EAGAIN, EVTCHN_REOPENED, d->id, d->evtchn.used - 1, 0);
        else
            evtchn_fifo_end(d);
        spin_unlock(&d->evtchn.lock);
    }
    domain_put(d);
    return rc;
}

/* ---- questions ---- */

static void status_fill(struct evtchn_status *a, const struct evtchn *c)
{
    static const uint8_t words[] = {
        [EVT_FREE] = EVTCHNSTAT_closed,     [EVT_RESERVED] = EVTCHNSTAT_closed,
        [EVT_UNBOUND] = EVTCHNSTAT_unbound, [EVT_INTERDOMAIN] = EVTCHNSTAT_interdomain,
        [EVT_PIRQ] = EVTCHNSTAT_pirq,       [EVT_VIRQ] = EVTCHNSTAT_virq,
        [EVT_IPI] = EVTCHNSTAT_ipi,
    };

    a->status = words[c->state];
    a->vcpu = c->notify_vcpu;
    switch (c->state) {
    case EVT_UNBOUND: a->u.unbound.dom = c->remote_domid; break;
    case EVT_INTERDOMAIN:
        a->u.interdomain.dom = c->remote->id;
        a->u.interdomain.port = c->remote_port;
        break;
    case EVT_PIRQ: a->u.pirq = c->virq; break;
    case EVT_VIRQ: a->u.virq = c->virq; break;
    }
}

int evtchn_status(struct domain *caller, struct evtchn_status *a)
{
    struct domain *d = target(caller, a->dom);
    struct evtchn *c;
    int rc;

    if (!d)
        return -ESRCH;
    spin_lock(&d->evtchn.lock);
    c = port_of(d, a->port);
    rc = c ? may_control(caller, d) : refuse(caller, EINVAL, EVTCHN_BAD_PORT, a->port, 0, 0);
    if (!rc)
        status_fill(a, c);
    spin_unlock(&d->evtchn.lock);
    domain_put(d);
    return rc;
}

int evtchn_bind_vcpu(struct domain *caller, evtchn_port_t port, unsigned vcpu)
{
    struct evtchn *c;
    bool movable;

    if (!vcpu_of(caller, vcpu))
        return refuse(caller, ENOENT, VCPU_MISSING, vcpu, 0, 0);
    c = port_of(caller, port);
    if (!c)
        return refuse(caller, EINVAL, EVTCHN_BAD_PORT, port, 0, 0);
    spin_lock(&caller->evtchn.lock);
    movable = c->state == EVT_UNBOUND || c->state == EVT_INTERDOMAIN || c->state == EVT_PIRQ ||
              (c->state == EVT_VIRQ && virq_is_global(c->virq));
    if (movable)
        WRITE_ONCE(c->notify_vcpu, (uint16_t)vcpu);
    if (c->state == EVT_PIRQ)
        pirq_follow(caller, c->virq, vcpu);
    spin_unlock(&caller->evtchn.lock);
    return movable ? 0 : refuse(caller, EINVAL, EVTCHN_BAD_STATE, port, c->state, 0);
}

/* ---- audit ---- */

static const char *port_error(struct domain *d, struct evtchn *c)
{
    const struct evtchn *peer;
    struct vcpu *v;

    if (c->state != EVT_INTERDOMAIN && c->remote)
        return "holds a domain without being connected";
    if (c->notify_vcpu && !vcpu_of(d, c->notify_vcpu)) /* and raise() takes it as it is */
        return "notifies a vcpu that does not exist";
    switch (c->state) {
    case EVT_FREE: return c->port < d->evtchn.next_free_hint ? "is free below the hint" : NULL;
    case EVT_INTERDOMAIN:
        peer = c->remote ? port_of(c->remote, c->remote_port) : NULL;
        if (!peer || peer->state != EVT_INTERDOMAIN || peer->remote != d ||
            peer->remote_port != c->port)
            return "has a peer that does not name it"; /* EVT-1 */
        return peer == c ? "is its own peer" : NULL;
    case EVT_VIRQ:
        v = vcpu_of(d, virq_is_global(c->virq) ? 0 : c->notify_vcpu);
        return v && v->virq_port[c->virq] == c->port ? NULL : "is not its vcpu's"; /* EVT-2 */
    }
    return NULL;
}

unsigned evtchn_audit(struct domain *d)
{
    unsigned used = 0, errors = evtchn_fifo_audit(d);

    for (evtchn_port_t port = 0; port < PORTS_MAX; port++) {
        struct evtchn *c = port_of(d, port);
        const char *what;

        if (!c)
            continue;
        used += c->state != EVT_FREE;
        what = c->port != port ? "has another number" : port_error(d, c);
        if (what) {
            log_msg(LOG_ERR, "audit: %s port %u (state %u) %s", d->name, port, c->state, what);
            errors++;
        }
    }
    if (used != d->evtchn.used) {
        log_msg(LOG_ERR, "audit: %s has %u ports, counts %u", d->name, used, d->evtchn.used);
        errors++;
    }
    return errors;
}
