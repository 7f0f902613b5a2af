/* SPDX-License-Identifier: MIT */
/* Ports, and what comes through them. Binding and closing are in evtchn_bind.c. */
#include "core/evtchn_port.h"
#include "core/log.h"
#include "lib/errno.h"

#define WORD_BITS 64

_Static_assert(PORTS_NEAR == EVTCHN_2L_NR_CHANNELS,
               "the bitmaps of shared_info hold exactly the ports");
_Static_assert(ARRAY_SIZE(((struct vcpu *)0)->virq_port) == NR_VIRQS,
               "one slot a virtual interrupt");

/* ---- ports ---- */

struct evtchn *evtchn_port_far(const struct domain *d, evtchn_port_t port)
{
    unsigned group = port / PORTS_NEAR - 1;
    struct evtchn_group **far = __atomic_load_n(&d->evtchn.far, __ATOMIC_ACQUIRE), *g;
    struct evtchn *bucket;

    if (!far || group >= EVTCHN_FAR_GROUPS)
        return NULL;
    g = __atomic_load_n(&far[group], __ATOMIC_ACQUIRE);
    bucket = g ? __atomic_load_n(&g->bucket[port / EVTCHN_PER_BUCKET % EVTCHN_BUCKETS], __ATOMIC_ACQUIRE) : NULL;
    return bucket ? &bucket[port % EVTCHN_PER_BUCKET] : NULL;
}

/* Where the bucket with this index belongs; NULL: no memory. */
static struct evtchn **bucket_place(struct domain *d, unsigned index)
{
    struct evtchn_domain *e = &d->evtchn;
    struct evtchn_group **g;

    if (index < EVTCHN_BUCKETS)
        return &e->bucket[index];
    if (!e->far)
        __atomic_store_n(&e->far, xnew_array(struct evtchn_group *, EVTCHN_FAR_GROUPS), __ATOMIC_RELEASE);
    if (!e->far)
        return NULL;
    g = &e->far[index / EVTCHN_BUCKETS - 1];
    if (!*g)
        __atomic_store_n(g, xnew(struct evtchn_group), __ATOMIC_RELEASE);
    return *g ? &(*g)->bucket[index % EVTCHN_BUCKETS] : NULL;
}

static int bucket_new(struct domain *d, unsigned index)
{
    struct evtchn **place = bucket_place(d, index);
    struct evtchn *bucket = place ? xnew_array(struct evtchn, EVTCHN_PER_BUCKET) : NULL;

    if (!bucket)
        return -ENOMEM;
    for (unsigned i = 0; i < EVTCHN_PER_BUCKET; i++)
        bucket[i].port = index * EVTCHN_PER_BUCKET + i;
    __atomic_store_n(place, bucket, __ATOMIC_RELEASE);
    return 0;
}

/* LIMIT: passes over the ports that a FIFO guest has closed and not yet taken from their queues, however
 * many it leaves there. */
int evtchn_find_free(struct domain *d, struct evtchn **out)
{
    struct evtchn_domain *e = &d->evtchn;
    uint32_t last = min(e->max_port, (uint32_t)(e->flat ? PORTS_NEAR : PORTS_MAX) - 1);
    bool passed = false;

    if (d->state >= DOM_DYING)
        return refuse(d, EINVAL, DOMAIN_DYING, d->id, 0, 0);
    for (uint32_t port = e->next_free_hint; port <= last; port++) {
        struct evtchn *c = port_of(d, port);

        if (!c) {
            if (bucket_new(d, port / EVTCHN_PER_BUCKET))
                return refuse(d, ENOMEM, NO_MEMORY, sizeof(*c) * EVTCHN_PER_BUCKET, 0, 0);
            c = port_of(d, port);
        }
        if (c->state != EVT_FREE)
            continue;
        if (!passed)
            e->next_free_hint = port;
        if (e->flat || !evtchn_fifo_busy(d, port)) {
            *out = c;
            return 0;
        }
        passed = true;
    }
    return refuse(d, ENOSPC, EVTCHN_NO_PORT, e->used, e->max_port, 0);
}

void evtchn_port_use(struct domain *d, struct evtchn *c, enum evtchn_state state)
{
    c->state = state;
    c->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    d->evtchn.used++;
    if (d->evtchn.next_free_hint == c->port)
        d->evtchn.next_free_hint++;
}

void evtchn_port_free(struct domain *d, struct evtchn *c)
{
    /* A stale pending bit would be an event for whoever gets the port next. */
    if (!d->evtchn.flat)
        evtchn_fifo_forget(d, c);
    else
        __atomic_and_fetch(&d->evtchn.flat->evtchn_pending[c->port / WORD_BITS],
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
    e->flat = d->shared_info;
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
    struct evtchn_domain *e = &d->evtchn;

    for (unsigned i = 0; i < EVTCHN_BUCKETS; i++) {
        xfree(e->bucket[i]);
        e->bucket[i] = NULL;
    }
    for (unsigned i = 0; e->far && i < EVTCHN_FAR_GROUPS; i++) {
        for (unsigned j = 0; e->far[i] && j < EVTCHN_BUCKETS; j++)
            xfree(e->far[i]->bucket[j]);
        xfree(e->far[i]);
    }
    xfree(e->far);
    e->far = NULL;
    xfree(e->array);
    e->array = NULL;
}

bool evtchn_port_open(struct domain *d, evtchn_port_t port)
{
    const struct evtchn *c = port_of(d, port);

    return c && READ_ONCE(c->state) > EVT_RESERVED;
}

/* ---- delivery ---- */

/* Was it set before? One type throughout, so that the compiler makes it one LOCK BTS. */
static inline bool bit_set(xen_ulong_t *map, unsigned bit)
{
    xen_ulong_t mask = 1ul << bit % WORD_BITS;

    return __atomic_fetch_or(&map[bit / WORD_BITS], mask, __ATOMIC_SEQ_CST) & mask;
}

static bool bit_test(xen_ulong_t *map, unsigned bit)
{
    return READ_ONCE(map[bit / WORD_BITS]) & BIT(bit % WORD_BITS);
}

/* The vcpu this CPU works for looks on its way back to the guest, unless it has just gone to wait. */
static inline void upcall_flag(struct vcpu *v, struct vcpu_info *info)
{
    if (__atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
        return;
    if (v != port_current() || unlikely(v->blocked))
        vcpu_kick(v);
}

/* v has something to look at in a word of the bitmap. */
static inline void upcall_raise(struct vcpu *v, unsigned word)
{
    struct vcpu_info *info = v->info;

    /* No vcpu_info yet: registering one redelivers everything. */
    if (likely(info) && !bit_set(&info->evtchn_pending_sel, word))
        upcall_flag(v, info);
}

void evtchn_upcall(struct vcpu *v)
{
    if (likely(v->info))
        upcall_flag(v, v->info);
}

/* LIMIT: linear in the domain's vcpus, if one of them polls. */
static __attribute__((noinline)) void pollers_look(struct domain *d, evtchn_port_t port)
{
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        struct vcpu *v = d->vcpus[i];
        uint32_t polls = v ? __atomic_load_n(&v->poll_ports, __ATOMIC_ACQUIRE) : 0;

        if (polls && (polls != 1 || READ_ONCE(v->poll_port) == port))
            vcpu_wake(v); /* which ends the poll */
    }
}

/* Whoever polls is counted before it looks at its ports, until its poll ends. */
static inline void pollers_wake(struct domain *d, evtchn_port_t port)
{
    if (unlikely(READ_ONCE(d->evtchn.pollers)))
        pollers_look(d, port);
}

void evtchn_pollers_wake(struct domain *d, evtchn_port_t port)
{
    pollers_wake(d, port);
}

/*
 * The order of the steps is the ABI's: pending first, and only the first setter goes on; the guest
 * clears in the opposite order.
 */
static inline __attribute__((always_inline)) void raise(struct domain *d, struct evtchn *c)
{
    struct shared_info *s = d->evtchn.flat;
    struct vcpu *v = d->vcpus[READ_ONCE(c->notify_vcpu)]; /* below max_vcpus, whoever sets it */
    evtchn_port_t port = c->port;

    if (unlikely(!s)) {
        evtchn_fifo_raise(d, v, c);
        return;
    }
    if (bit_set(s->evtchn_pending, port))
        return;
    if (v && likely(!bit_test(s->evtchn_mask, port)))
        upcall_raise(v, port / WORD_BITS);
    pollers_wake(d, port);
}

void evtchn_raise(struct domain *d, struct evtchn *c)
{
    raise(d, c);
}

bool evtchn_port_pending(struct domain *d, evtchn_port_t port)
{
    struct shared_info *s = READ_ONCE(d->evtchn.flat);

    if (!s)
        return evtchn_fifo_pending(d, port);
    return port < PORTS_NEAR && bit_test(s->evtchn_pending, port);
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
    struct evtchn *c = port_of(caller, port), *to = c;
    struct domain *d = caller;
    int rc = 0;

    if (unlikely(!c))
        return refuse(caller, EINVAL, EVTCHN_BAD_PORT, port, 0, 0);
    spin_lock(&c->lock);
    if (c->state == EVT_INTERDOMAIN) {
        /* The peer cannot go while c is locked: closing either end takes both locks. */
        d = c->remote;
        to = port_of(d, c->remote_port);
    }
    if (likely(c->state == EVT_INTERDOMAIN || c->state == EVT_IPI))
        raise(d, to);
    else if (c->state != EVT_UNBOUND) /* nobody there: dropped */
        rc = refuse(caller, EINVAL, EVTCHN_BAD_STATE, port, c->state, 0);
    spin_unlock(&c->lock);
    return rc;
}

/* The port is pending already: its upcall was held back by the mask. */
static __attribute__((noinline)) void unmask_pending(struct domain *d, const struct evtchn *c)
{
    struct vcpu *v = vcpu_of(d, READ_ONCE(c->notify_vcpu));

    if (likely(v))
        upcall_raise(v, c->port / WORD_BITS);
}

static __attribute__((noinline)) int unmask_other(struct domain *d, evtchn_port_t port)
{
    struct evtchn *c = port_of(d, port);

    if (!c)
        return refuse(d, EINVAL, EVTCHN_BAD_PORT, port, 0, 0);
    spin_lock(&c->lock);
    /* A port that is open keeps its domain from going back to two levels. */
    if (c->state > EVT_RESERVED && !d->evtchn.flat)
        evtchn_fifo_unmask(d, c);
    spin_unlock(&c->lock);
    return 0;
}

int evtchn_unmask(struct domain *caller, evtchn_port_t port)
{
    struct shared_info *s = READ_ONCE(caller->evtchn.flat);
    xen_ulong_t bit = 1ul << port % WORD_BITS; /* as in bit_set() */
    struct evtchn *c;

    if (unlikely(port >= PORTS_NEAR || !s))
        return unmask_other(caller, port);
    c = port_of(caller, port);
    if (unlikely(!c))
        return unmask_other(caller, port);
    if (unlikely(c->state <= EVT_RESERVED)) /* its bits are the guest's own */
        return 0;
    if (!(__atomic_fetch_and(&s->evtchn_mask[port / WORD_BITS], ~bit, __ATOMIC_SEQ_CST) & bit))
        return 0;
    if (bit_test(s->evtchn_pending, port))
        unmask_pending(caller, c);
    return 0;
}

/* ---- physical and virtual interrupts ---- */

void evtchn_raise_pirq(struct domain *d, evtchn_port_t port, unsigned pirq)
{
    struct evtchn *c = port_of(d, port);

    spin_lock(&c->lock);
    if (likely(c->state == EVT_PIRQ && c->virq == pirq))
        evtchn_raise(d, c);
    spin_unlock(&c->lock);
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
        evtchn_raise(v->domain, c);
    spin_unlock(&c->lock);
}

void virq_raise_vcpu(struct vcpu *v, unsigned virq)
{
    virq_raise(v, virq);
}

static domid_t virq_handler[NR_VIRQS]; /* 0: the control domain */

int virq_set_handler(unsigned virq, struct domain *d)
{
    if (virq >= NR_VIRQS || !virq_is_global(virq))
        return refuse(port_current() ? port_current()->domain : d, EINVAL, EVTCHN_BAD_VIRQ, virq, 0, 0);
    WRITE_ONCE(virq_handler[virq], d->id);
    return 0;
}

/* A handler that has died is no handler. */
void virq_raise_global(unsigned virq)
{
    domid_t id = READ_ONCE(virq_handler[virq]);
    struct domain *d = domain_find(id);
    struct vcpu *v;

    if (id && (!d || d->state >= DOM_DYING)) {
        if (d)
            domain_put(d);
        WRITE_ONCE(virq_handler[virq], 0);
        d = domain_find(0);
    }
    if (!d)
        return;
    v = vcpu_of(d, 0);
    if (v)
        virq_raise(v, virq);
    domain_put(d);
}
