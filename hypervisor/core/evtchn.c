/* SPDX-License-Identifier: MIT */
/* Ports, and what comes through them. Binding and closing are in evtchn_bind.c. */
#include "core/evtchn_port.h"
#include "core/log.h"
#include "lib/errno.h"

#define WORD_BITS 64

_Static_assert(PORTS_MAX == EVTCHN_2L_NR_CHANNELS,
               "the bitmaps of shared_info hold exactly the ports");
_Static_assert(ARRAY_SIZE(((struct vcpu *)0)->virq_port) == NR_VIRQS,
               "one slot a virtual interrupt");

/* ---- ports ---- */

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

int evtchn_find_free(struct domain *d, struct evtchn **out)
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

void evtchn_port_use(struct domain *d, struct evtchn *c, enum evtchn_state state)
{
    c->state = state;
    d->evtchn.used++;
    d->evtchn.next_free_hint = c->port + 1;
}

void evtchn_port_free(struct domain *d, struct evtchn *c)
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

bool evtchn_port_valid(struct domain *d, evtchn_port_t port)
{
    return port_of(d, port) != NULL;
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

/* v has something to look at. The vcpu this CPU works for, cur, looks on its way back to the guest,
 * unless it has just gone to wait. */
static inline void upcall_raise(struct vcpu *v, unsigned word, const struct vcpu *cur)
{
    struct vcpu_info *info = v->info;

    /* No vcpu_info yet: registering one redelivers everything. */
    if (unlikely(!info))
        return;
    if (bit_set(&info->evtchn_pending_sel, word))
        return;
    if (__atomic_exchange_n(&info->evtchn_upcall_pending, 1, __ATOMIC_SEQ_CST))
        return;
    if (v != cur || unlikely(v->blocked))
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
static inline __attribute__((always_inline)) void port_raise(struct domain *d, struct vcpu *v, evtchn_port_t port)
{
    struct shared_info *s = d->shared_info;
    const struct vcpu *cur = port_current();

    if (unlikely(!s) || bit_set(s->evtchn_pending, port))
        return;
    if (v && likely(!bit_test(s->evtchn_mask, port)))
        upcall_raise(v, port / WORD_BITS, cur);
    /* The only vcpu of a domain does not poll while it runs. */
    if (d->max_vcpus > 1 || v != cur || unlikely(v->blocked))
        pollers_wake(d, port);
}

static inline __attribute__((always_inline)) void raise(struct domain *d, const struct evtchn *c)
{
    port_raise(d, vcpu_of(d, READ_ONCE(c->notify_vcpu)), c->port);
}

void evtchn_raise(struct domain *d, const struct evtchn *c)
{
    raise(d, c);
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
    const struct evtchn *to = c;
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
        upcall_raise(v, c->port / WORD_BITS, port_current());
}

int evtchn_unmask(struct domain *caller, evtchn_port_t port)
{
    const struct evtchn *c = port_of(caller, port);
    struct shared_info *s = caller->shared_info;
    xen_ulong_t bit = 1ul << port % WORD_BITS; /* as in bit_set() */

    if (unlikely(!c))
        return refuse(caller, EINVAL, EVTCHN_BAD_PORT, port, 0, 0);
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

/* LIMIT: always the first domain's; a toolstack cannot move a global interrupt to another
 * domain. */
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
