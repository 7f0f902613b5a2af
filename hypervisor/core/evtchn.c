/* SPDX-License-Identifier: MIT */
#include "core/evtchn.h"
#include "core/log.h"
#include "lib/errno.h"

#define PORTS_MAX (EVTCHN_BUCKETS * EVTCHN_PER_BUCKET)
#define WORD_BITS 64

_Static_assert(PORTS_MAX == EVTCHN_2L_NR_CHANNELS, "the bitmaps of shared_info hold exactly the ports");
_Static_assert(ARRAY_SIZE(((struct vcpu *)0)->virq_port) == NR_VIRQS, "one slot a virtual interrupt");

/* ---- ports ---- */

/* NULL when there is no such port. A bucket once there stays until the domain is freed. */
static struct evtchn *port_of(const struct domain *d, evtchn_port_t port)
{
    struct evtchn *bucket;

    if (unlikely(port >= PORTS_MAX))
        return NULL;
    bucket = __atomic_load_n(&d->evtchn.bucket[port / EVTCHN_PER_BUCKET], __ATOMIC_ACQUIRE);
    return likely(bucket) ? &bucket[port % EVTCHN_PER_BUCKET] : NULL;
}

static struct vcpu *vcpu_of(const struct domain *d, unsigned id)
{
    return likely(id < d->max_vcpus) ? d->vcpus[id] : NULL;
}

static int bucket_new(struct domain *d, unsigned index)
{
    struct evtchn *bucket = xnew_array(struct evtchn, EVTCHN_PER_BUCKET);

    if (!bucket)
        return -ENOMEM;
    for (unsigned i = 0; i < EVTCHN_PER_BUCKET; i++)
        bucket[i].port = index * EVTCHN_PER_BUCKET + i;
    __atomic_store_n(&d->evtchn.bucket[index], bucket, __ATOMIC_RELEASE);
    return 0;
}

/* The lowest free port, with d's lock held. It is not taken until port_use(). */
static int port_find_free(struct domain *d, struct evtchn **out)
{
    struct evtchn_domain *e = &d->evtchn;
    uint32_t last = min(e->max_port, (uint32_t)PORTS_MAX - 1);

    if (d->state >= DOM_DYING)
        return refuse(d, EINVAL, DOMAIN_DYING, d->id, 0, 0);
    for (uint32_t port = e->next_free_hint; port <= last; port++) {
        struct evtchn *c = port_of(d, port);

        if (!c) {
            if (bucket_new(d, port / EVTCHN_PER_BUCKET))
                return refuse(d, ENOMEM, NO_MEMORY, sizeof(*c) * EVTCHN_PER_BUCKET, 0, 0);
            c = port_of(d, port);
        }
        if (c->state == EVT_FREE) {
            e->next_free_hint = port;
            *out = c;
            return 0;
        }
    }
    return refuse(d, ENOSPC, EVTCHN_NO_PORT, e->used, e->max_port, 0);
}

/* With d's lock and c's lock held: a free port becomes something. */
static void port_use(struct domain *d, struct evtchn *c, enum evtchn_state state)
{
    c->state = state;
    d->evtchn.used++;
    d->evtchn.next_free_hint = c->port + 1;
}

static void port_free(struct domain *d, struct evtchn *c)
{
    /* A stale pending bit would be an event for whoever gets the port next. */
    if (d->shared_info)
        __atomic_and_fetch(&d->shared_info->evtchn_pending[c->port / WORD_BITS],
                           ~BIT(c->port % WORD_BITS), __ATOMIC_SEQ_CST);
    c->state = EVT_FREE;
    c->notify_vcpu = 0;
    c->virq = 0;
    c->remote = NULL;
    c->remote_port = 0;
    d->evtchn.used--;
    d->evtchn.next_free_hint = min(d->evtchn.next_free_hint, c->port);
}

int evtchn_domain_init(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;

    spin_init(&e->lock);
    if (!e->max_port)
        e->max_port = PORTS_MAX - 1;
    if (bucket_new(d, 0))
        return -ENOMEM;
    e->bucket[0][0].state = EVT_RESERVED;
    e->next_free_hint = 1;
    e->used = 1;
    return 0;
}

void evtchn_domain_free(struct domain *d)
{
    for (unsigned i = 0; i < EVTCHN_BUCKETS; i++) {
        xfree(d->evtchn.bucket[i]);
        d->evtchn.bucket[i] = NULL;
    }
}

bool evtchn_port_valid(struct domain *d, evtchn_port_t port) { return port_of(d, port) != NULL; }

/* ---- delivery ---- */

static bool bit_set(xen_ulong_t *map, unsigned bit)
{
    uint64_t old = __atomic_fetch_or(&map[bit / WORD_BITS], BIT(bit % WORD_BITS), __ATOMIC_SEQ_CST);

    return old & BIT(bit % WORD_BITS);
}

static bool bit_test(xen_ulong_t *map, unsigned bit)
{
    return READ_ONCE(map[bit / WORD_BITS]) & BIT(bit % WORD_BITS);
}

/* v has something to look at. The vcpu this CPU works for looks on its way back to the guest. */
static void upcall_raise(struct vcpu *v, unsigned word)
{
    struct vcpu_info *info = v->info;

    /* No vcpu_info yet: registering one redelivers everything. */
    if (unlikely(!info))
        return;
    if (__atomic_fetch_or(&info->evtchn_pending_sel, BIT(word), __ATOMIC_SEQ_CST) & BIT(word))
        return;
    if (__atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
        return;
    if (v != port_current())
        vcpu_kick(v);
}

/* LIMIT: linear in the domain's vcpus. */
static void pollers_wake(struct domain *d, evtchn_port_t port)
{
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = d->vcpus[i];
        uint32_t polls = v ? READ_ONCE(v->poll_ports) : 0;

        if (unlikely(polls) && (polls != 1 || READ_ONCE(v->poll_port) == port))
            vcpu_wake(v); /* which ends the poll */
    }
}

/*
 * The order of the steps is the ABI's: pending first, and only the first setter goes on; the guest
 * clears in the opposite order.
 */
static inline void port_raise(struct domain *d, struct vcpu *v, evtchn_port_t port)
{
    struct shared_info *s = d->shared_info;

    if (unlikely(!s) || bit_set(s->evtchn_pending, port))
        return;
    if (v && likely(!bit_test(s->evtchn_mask, port)))
        upcall_raise(v, port / WORD_BITS);
    /* The only vcpu of a domain does not poll while it runs. */
    if (d->max_vcpus > 1 || v != port_current())
        pollers_wake(d, port);
}

static void channel_raise(struct domain *d, const struct evtchn *c)
{
    port_raise(d, vcpu_of(d, READ_ONCE(c->notify_vcpu)), c->port);
}

void evtchn_set_pending(struct vcpu *v, evtchn_port_t port)
{
    if (likely(port < PORTS_MAX))
        port_raise(v->domain, v, port);
}

bool evtchn_port_pending(struct domain *d, evtchn_port_t port)
{
    return port < PORTS_MAX && d->shared_info && bit_test(d->shared_info->evtchn_pending, port);
}

void evtchn_redeliver(struct vcpu *v)
{
    if (!v->info)
        return;
    __atomic_store_n(&v->info->evtchn_pending_sel, ~0ull, __ATOMIC_SEQ_CST);
    __atomic_store_n(&v->info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST);
    if (v != port_current())
        vcpu_kick(v);
}

int evtchn_send(struct domain *caller, evtchn_port_t port)
{
    struct evtchn *c = port_of(caller, port);
    int rc = 0;

    if (unlikely(!c))
        return refuse(caller, EINVAL, EVTCHN_BAD_PORT, port, 0, 0);
    spin_lock(&c->lock);
    switch (c->state) {
    case EVT_INTERDOMAIN:
        /* The peer cannot go while c is locked: closing either end takes both locks. */
        channel_raise(c->remote, port_of(c->remote, c->remote_port));
        break;
    case EVT_IPI:
        channel_raise(caller, c);
        break;
    case EVT_UNBOUND: /* nobody there: dropped */
        break;
    default:
        rc = refuse(caller, EINVAL, EVTCHN_BAD_STATE, port, c->state, 0);
    }
    spin_unlock(&c->lock);
    return rc;
}

int evtchn_unmask(struct domain *caller, evtchn_port_t port)
{
    const struct evtchn *c = port_of(caller, port);
    struct shared_info *s = caller->shared_info;
    uint64_t bit = BIT(port % WORD_BITS);
    struct vcpu *v;

    if (unlikely(!c))
        return refuse(caller, EINVAL, EVTCHN_BAD_PORT, port, 0, 0);
    if (!(__atomic_fetch_and(&s->evtchn_mask[port / WORD_BITS], ~bit, __ATOMIC_SEQ_CST) & bit))
        return 0;
    if (bit_test(s->evtchn_pending, port)) {
        v = vcpu_of(caller, READ_ONCE(c->notify_vcpu));
        if (likely(v))
            upcall_raise(v, port / WORD_BITS);
    }
    return 0;
}

/* ---- virtual interrupts ---- */

static bool virq_is_global(unsigned virq)
{
    return virq != VIRQ_TIMER && virq != VIRQ_DEBUG && virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

/* The binding is looked up without d's lock, so it is checked again under the port's. */
static void virq_raise(struct vcpu *v, unsigned virq)
{
    uint32_t port = __atomic_load_n(&v->virq_port[virq], __ATOMIC_ACQUIRE);
    struct evtchn *c;

    if (!port)
        return;
    c = port_of(v->domain, port);
    spin_lock(&c->lock);
    if (likely(c->state == EVT_VIRQ && c->virq == virq))
        channel_raise(v->domain, c);
    spin_unlock(&c->lock);
}

void virq_raise_vcpu(struct vcpu *v, unsigned virq) { virq_raise(v, virq); }

/* LIMIT: always the first domain's; a toolstack cannot move a global interrupt to another domain. */
void virq_raise_global(unsigned virq)
{
    struct domain *d = domain_find(0);
    struct vcpu *v;

    if (!d)
        return;
    v = vcpu_of(d, 0);
    if (v)
        virq_raise(v, virq);
    domain_put(d);
}

/* ---- binding ---- */

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
         ? 0 : refuse(caller, EPERM, NOT_PRIVILEGED, d->id, 0, 0);
}

int evtchn_alloc_unbound(struct domain *caller, struct evtchn_alloc_unbound *a)
{
    struct domain *d = target(caller, a->dom);
    struct evtchn *c;
    int rc;

    if (!d)
        return -ESRCH;
    spin_lock(&d->evtchn.lock);
    rc = port_find_free(d, &c);
    if (!rc)
        rc = may_control(caller, d);
    if (!rc) {
        spin_lock(&c->lock);
        port_use(d, c, EVT_UNBOUND);
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
    port_use(ld, l, EVT_INTERDOMAIN);
    domain_get(rd);
    l->remote = rd;
    l->remote_port = r->port;
    r->state = EVT_INTERDOMAIN;
    domain_get(ld);
    r->remote = ld;
    r->remote_port = l->port;
    /* The peer may have sent before anybody was there to hear it. */
    channel_raise(ld, l);
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
    rc = port_find_free(caller, &l);
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
        rc = port_find_free(caller, &c);
    if (!rc) {
        spin_lock(&c->lock);
        port_use(caller, c, EVT_VIRQ);
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
    rc = port_find_free(caller, &c);
    if (!rc) {
        spin_lock(&c->lock);
        port_use(caller, c, EVT_IPI);
        c->notify_vcpu = (uint16_t)a->vcpu;
        spin_unlock(&c->lock);
        a->port = c->port;
    }
    spin_unlock(&caller->evtchn.lock);
    return rc;
}

/* LIMIT: no physical interrupts yet. */
int evtchn_bind_pirq(struct domain *caller, struct evtchn_bind_pirq *a)
{
    (void)a;
    return refuse(caller, ENOSYS, UNKNOWN_SUBOP, EVTCHNOP_bind_pirq, 0, 0);
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
    port_free(d, c);
    spin_unlock_two(&c->lock, &peer->lock);
}

static void close_local(struct domain *d, struct evtchn *c)
{
    struct vcpu *v;

    spin_lock(&c->lock);
    if (c->state == EVT_VIRQ) {
        /* A global one may have been moved to another vcpu, but its record stays with vcpu 0. */
        v = d->vcpus[virq_is_global(c->virq) ? 0 : c->notify_vcpu];
        __atomic_store_n(&v->virq_port[c->virq], 0, __ATOMIC_RELEASE);
    }
    port_free(d, c);
    spin_unlock(&c->lock);
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

int evtchn_close(struct domain *caller, evtchn_port_t port) { return port_close(caller, port); }

static bool port_open(const struct domain *d, evtchn_port_t port)
{
    const struct evtchn *c = port_of(d, port);

    return c && c->state != EVT_FREE && c->state != EVT_RESERVED;
}

/* LIMIT: not preemptible: at most 4095 ports, some hundred instructions each. */
void evtchn_domain_close_all(struct domain *d)
{
    for (evtchn_port_t port = 1; port < PORTS_MAX; port++)
        if (port_open(d, port))
            port_close(d, port);
}

/* Starts over when it is continued: what is closed is skipped quickly. */
int evtchn_reset(struct domain *caller, struct evtchn_reset *a)
{
    struct domain *d = target(caller, a->dom);
    unsigned closed = 0;
    int rc;

    if (!d)
        return -ESRCH;
    rc = may_control(caller, d);
    if (!rc && d != caller && !READ_ONCE(d->pause_count))
        rc = refuse(caller, EINVAL, EVTCHN_NOT_PAUSED, d->id, 0, 0);
    for (evtchn_port_t port = 1; !rc && port < PORTS_MAX; port++) {
        if (!port_open(d, port))
            continue;
        port_close(d, port);
        if (++closed % 64 == 0 && port_preempt_pending())
            rc = -ERESTART;
    }
    domain_put(d);
    return rc;
}

/* ---- questions ---- */

static void status_fill(struct evtchn_status *a, const struct evtchn *c)
{
    static const uint8_t words[] = {
        [EVT_FREE] = EVTCHNSTAT_closed, [EVT_RESERVED] = EVTCHNSTAT_closed,
        [EVT_UNBOUND] = EVTCHNSTAT_unbound, [EVT_INTERDOMAIN] = EVTCHNSTAT_interdomain,
        [EVT_PIRQ] = EVTCHNSTAT_pirq, [EVT_VIRQ] = EVTCHNSTAT_virq, [EVT_IPI] = EVTCHNSTAT_ipi,
    };

    a->status = words[c->state];
    a->vcpu = c->notify_vcpu;
    switch (c->state) {
    case EVT_UNBOUND:
        a->u.unbound.dom = c->remote_domid;
        break;
    case EVT_INTERDOMAIN:
        a->u.interdomain.dom = c->remote->id;
        a->u.interdomain.port = c->remote_port;
        break;
    case EVT_PIRQ:
        a->u.pirq = c->virq;
        break;
    case EVT_VIRQ:
        a->u.virq = c->virq;
        break;
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
    if (c->notify_vcpu && !vcpu_of(d, c->notify_vcpu))
        return "notifies a vcpu that does not exist";
    switch (c->state) {
    case EVT_FREE:
        return c->port < d->evtchn.next_free_hint ? "is free below the hint" : NULL;
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
    unsigned used = 0, errors = 0;

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
