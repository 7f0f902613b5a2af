/* SPDX-License-Identifier: MIT */
/*
 * Event channels, FIFO ABI: an event is a word in an array of the guest's pages, and a word that wants
 * attention is linked, through the words themselves, into one of 16 queues of the vcpu it notifies.
 *
 *   word: PENDING | MASKED | LINKED | BUSY | link (the next port of its queue, 0: it is the last)
 *
 * The hypervisor appends at the tail, which it keeps for itself; the guest takes from the head, and
 * reads the head in its control block only when what it took before was the last: a tail that is not
 * LINKED any more has been taken, and the queue is empty. The guest may write anything into its words
 * and control blocks at any time: they are never indices here, and nothing waits for them. What it
 * spoils is its own events.
 *
 * Whoever looks at a word or a queue holds the domain's lock, or the lock of a port of the domain that
 * is bound, or of that one's peer. So the way back to two levels, which closes all ports first, finds
 * nobody here. evtchn_fifo_pending() alone holds nothing, and may read a frame that is the guest's no
 * more, which costs a poll that ends early.
 *
 * A port's last_queue says where it was last linked; it changes only under that queue's lock. If a
 * port is a tail, then of its last_queue.
 */
#include "core/evtchn_port.h"
#include "core/log.h"
#include "core/pagetype.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define BUSY    (1u << EVTCHN_FIFO_BUSY)

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define ARRAY_PAGES    (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

/* A guest that plays by the rules can change a linked word four times while BUSY keeps it from
 * unmasking; a port changes queues as often as others raise it at the same time. */
#define LINK_TRIES  5
#define QUEUE_TRIES 4

#define QUEUE(vcpu, priority) ((uint32_t)(vcpu) << 8 | (priority))

_Static_assert(PORTS_MAX == EVTCHN_FIFO_NR_CHANNELS, "a link can name every port");

/* NULL: the guest has given no page for it yet. */
static event_word_t *word_of(const struct domain *d, evtchn_port_t port)
{
    uint32_t page = port / WORDS_PER_PAGE;

    if (unlikely(page >= __atomic_load_n(&d->evtchn.array_pages, __ATOMIC_ACQUIRE)))
        return NULL;
    return (event_word_t *)frame_va(MFN(d->evtchn.array[page])) + port % WORDS_PER_PAGE;
}

/* ---- queues ---- */

/* Make next follow the word, which is a tail. False: the guest has taken it, the queue is empty. */
static bool tail_link(event_word_t *word, evtchn_port_t next)
{
    event_word_t w = READ_ONCE(*word);

    for (unsigned tries = 0; tries < LINK_TRIES; tries++) {
        if (!(w & LINKED)) {
            if (tries)
                __atomic_and_fetch(word, ~BUSY, __ATOMIC_SEQ_CST);
            return false;
        }
        if (likely(__atomic_compare_exchange_n(word, &w, (w & ~(BUSY | EVTCHN_FIFO_LINK_MASK)) | next, false,
                                               __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)))
            return true;
        w = __atomic_or_fetch(word, BUSY, __ATOMIC_SEQ_CST);
    }
    /* It writes without end: its event is lost. */
    __atomic_and_fetch(word, ~BUSY, __ATOMIC_SEQ_CST);
    return true;
}

/* Lock v's queues, and those where c was last linked, which may be the same. NULL: it is being moved
 * about without end. */
static struct evtchn_fifo_vcpu *queues_lock(struct domain *d, struct vcpu *v, const struct evtchn *c)
{
    for (unsigned tries = 0; tries < QUEUE_TRIES; tries++) {
        uint32_t last = __atomic_load_n(&c->last_queue, __ATOMIC_ACQUIRE);
        struct evtchn_fifo_vcpu *old = &(vcpu_of(d, last >> 8) ?: v)->fifo;

        spin_lock_two(&old->lock, &v->fifo.lock);
        if (likely(READ_ONCE(c->last_queue) == last))
            return old;
        spin_unlock_two(&old->lock, &v->fifo.lock);
    }
    return NULL;
}

/* Put c, whose word was seen pending, unmasked and not linked, at the end of its queue on v. */
static void link(struct domain *d, struct vcpu *v, struct evtchn *c, event_word_t *word)
{
    unsigned priority = READ_ONCE(c->priority);
    struct evtchn_fifo_vcpu *q = &v->fifo, *old = queues_lock(d, v, c);
    uint32_t *tail;
    bool follows = true;

    if (unlikely(!old))
        return;
    if (!(__atomic_fetch_or(word, LINKED, __ATOMIC_SEQ_CST) & LINKED)) {
        /* It was the last of a queue, which is empty now: nothing may be linked behind it there. */
        tail = &old->tail[c->last_queue & 0xff];
        if (*tail == c->port)
            *tail = 0;
        __atomic_store_n(&c->last_queue, QUEUE(v->id, priority), __ATOMIC_RELEASE);
        tail = &q->tail[priority];
        follows = *tail && tail_link(word_of(d, *tail), c->port);
        if (!follows)
            WRITE_ONCE(q->control->head[priority], c->port);
        *tail = c->port;
    }
    spin_unlock_two(&old->lock, &q->lock);
    if (!follows &&
        !(__atomic_fetch_or(&q->control->ready, 1u << priority, __ATOMIC_SEQ_CST) & 1u << priority))
        evtchn_upcall(v);
}

/* ---- events ---- */

/* There is no word for c yet: expand_array raises it. Its word, if that has just come. */
static event_word_t *word_missing(struct domain *d, struct evtchn *c)
{
    event_word_t *word;

    (void)__atomic_exchange_n(&c->missed, true, __ATOMIC_SEQ_CST);
    word = word_of(d, c->port);
    return word && __atomic_exchange_n(&c->missed, false, __ATOMIC_SEQ_CST) ? word : NULL;
}

/* Without a control block of its vcpu an event is dropped, as on Xen. */
void evtchn_fifo_raise(struct domain *d, struct vcpu *v, struct evtchn *c)
{
    event_word_t *word, old;

    if (unlikely(!d->evtchn.array))
        return; /* not even shared_info */
    word = word_of(d, c->port);
    if (unlikely(!word)) {
        word = word_missing(d, c);
        if (!word)
            return;
    }
    if (unlikely(!v || !__atomic_load_n(&v->fifo.control, __ATOMIC_ACQUIRE)))
        return;
    /* The guest clears MASKED, or LINKED, before it looks at PENDING: one of us sees the other. */
    old = __atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST);
    if (!(old & (MASKED | LINKED)))
        link(d, v, c, word);
    if (!(old & PENDING))
        evtchn_pollers_wake(d, c->port);
}

void evtchn_fifo_unmask(struct domain *d, struct evtchn *c)
{
    struct vcpu *v = vcpu_of(d, c->notify_vcpu);
    event_word_t *word = word_of(d, c->port), old;

    if (!word)
        return;
    old = __atomic_fetch_and(word, ~MASKED, __ATOMIC_SEQ_CST);
    if ((old & PENDING) && !(old & LINKED) && v && v->fifo.control)
        link(d, v, c, word);
}

bool evtchn_fifo_pending(const struct domain *d, evtchn_port_t port)
{
    const event_word_t *word = word_of(d, port);

    return word && (READ_ONCE(*word) & PENDING);
}

bool evtchn_fifo_busy(const struct domain *d, evtchn_port_t port)
{
    const event_word_t *word = word_of(d, port);

    return word && (READ_ONCE(*word) & LINKED);
}

/* It stays linked until the guest takes it; nobody gets the port before. */
void evtchn_fifo_forget(struct domain *d, struct evtchn *c)
{
    event_word_t *word = word_of(d, c->port);

    c->missed = false;
    if (word)
        __atomic_and_fetch(word, ~PENDING, __ATOMIC_SEQ_CST);
}

/* ---- between the two ABIs ---- */

/*
 * Whoever raised c under the old ABI did it under a lock: c's own, or the peer's. After it has been
 * taken once, everybody uses the new one, and the bit of the old one is final.
 */
static void port_switch(struct shared_info *s, struct evtchn *c)
{
    struct evtchn *sender = c->state == EVT_INTERDOMAIN ? port_of(c->remote, c->remote_port) : c;
    xen_ulong_t bit = BIT(c->port % 64);

    spin_lock(&sender->lock);
    spin_unlock(&sender->lock);
    if (__atomic_fetch_and(&s->evtchn_pending[c->port / 64], ~bit, __ATOMIC_SEQ_CST) & bit)
        __atomic_store_n(&c->missed, true, __ATOMIC_SEQ_CST);
}

/* The domain is locked. There are no words yet, so that what is pending waits in the ports. */
static int fifo_begin(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;
    struct shared_info *s = e->flat;

    if (!e->array)
        e->array = xnew_array(uint32_t, ARRAY_PAGES);
    if (!e->array)
        return refuse(d, ENOMEM, NO_MEMORY, sizeof(uint32_t) * ARRAY_PAGES, 0, 0);
    __atomic_store_n(&e->flat, NULL, __ATOMIC_SEQ_CST);
    for (evtchn_port_t port = 1; port < PORTS_NEAR; port++) {
        struct evtchn *c = port_of(d, port);

        if (c && c->state != EVT_FREE)
            port_switch(s, c);
    }
    return 0;
}

void evtchn_fifo_end(struct domain *d)
{
    struct evtchn_domain *e = &d->evtchn;
    uint32_t pages = e->array_pages;

    if (e->flat)
        return;
    __atomic_store_n(&e->array_pages, 0, __ATOMIC_RELEASE);
    for (uint32_t i = 0; i < pages; i++)
        frame_and_type_put(d, frame_of(MFN(e->array[i])));
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        struct evtchn_fifo_vcpu *q = d->vcpus[i] ? &d->vcpus[i]->fifo : NULL;

        if (!q || !q->control)
            continue;
        frame_and_type_put(d, frame_of(va_frame(q->control)));
        q->control = NULL;
        memset(q->tail, 0, sizeof(q->tail));
    }
    __atomic_store_n(&e->flat, d->shared_info, __ATOMIC_SEQ_CST);
}

/* ---- the operations ---- */

static int control_set(struct domain *d, struct vcpu *v, void *control)
{
    int rc;

    if (v->fifo.control)
        return refuse(d, EINVAL, EVTCHN_CONTROL, v->id, va_frame(control).n, (uintptr_t)control % PAGE_SIZE);
    rc = d->evtchn.flat ? fifo_begin(d) : 0;
    if (!rc)
        __atomic_store_n(&v->fifo.control, control, __ATOMIC_RELEASE);
    return rc;
}

int evtchn_init_control(struct domain *caller, struct evtchn_init_control *a)
{
    struct vcpu *v = vcpu_of(caller, a->vcpu);
    int rc;

    if (!v)
        return refuse(caller, ENOENT, VCPU_MISSING, a->vcpu, 0, 0);
    if (a->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) || a->offset % 8)
        return refuse(caller, EINVAL, EVTCHN_CONTROL, a->vcpu, a->control_gfn, a->offset);
    if (frame_and_type_get(caller, MFN(a->control_gfn), TYPE_WRITABLE, false))
        return -EINVAL;
    spin_lock(&caller->evtchn.lock);
    rc = control_set(caller, v, (uint8_t *)frame_va(MFN(a->control_gfn)) + a->offset);
    spin_unlock(&caller->evtchn.lock);
    if (rc)
        frame_and_type_put(caller, frame_of(MFN(a->control_gfn)));
    a->link_bits = EVTCHN_FIFO_LINK_BITS;
    return rc;
}

/* Events that came before their word did. */
static void raise_missed(struct domain *d, evtchn_port_t first)
{
    for (evtchn_port_t port = first; port < first + WORDS_PER_PAGE; port++) {
        struct evtchn *c = port_of(d, port);

        if (c && __atomic_exchange_n(&c->missed, false, __ATOMIC_SEQ_CST))
            evtchn_raise(d, c);
    }
}

static int array_expand(struct domain *d, uint64_t mfn)
{
    struct evtchn_domain *e = &d->evtchn;
    uint32_t pages = e->array_pages;

    if (e->flat)
        return refuse(d, EOPNOTSUPP, UNKNOWN_SUBOP, EVTCHNOP_expand_array, 0, 0);
    if (pages == ARRAY_PAGES)
        return refuse(d, ENOSPC, EVTCHN_NO_PORT, e->used, PORTS_MAX, 0);
    e->array[pages] = (uint32_t)mfn;
    __atomic_store_n(&e->array_pages, pages + 1, __ATOMIC_SEQ_CST);
    raise_missed(d, pages * WORDS_PER_PAGE);
    return 0;
}

int evtchn_expand_array(struct domain *caller, const struct evtchn_expand_array *a)
{
    struct evtchn_domain *e = &caller->evtchn;
    int rc;

    /* The frame comes first in the order of locks, but its errors last. */
    if (READ_ONCE(e->flat))
        return refuse(caller, EOPNOTSUPP, UNKNOWN_SUBOP, EVTCHNOP_expand_array, 0, 0);
    if (READ_ONCE(e->array_pages) == ARRAY_PAGES)
        return refuse(caller, ENOSPC, EVTCHN_NO_PORT, e->used, PORTS_MAX, 0);
    if (frame_and_type_get(caller, MFN(a->array_gfn), TYPE_WRITABLE, false))
        return -EINVAL;
    spin_lock(&e->lock);
    rc = array_expand(caller, a->array_gfn);
    spin_unlock(&e->lock);
    if (rc)
        frame_and_type_put(caller, frame_of(MFN(a->array_gfn)));
    return rc;
}

/* An event that is linked already is taken with the old priority once. */
int evtchn_set_priority(struct domain *caller, const struct evtchn_set_priority *a)
{
    struct evtchn *c = port_of(caller, a->port);
    int rc = 0;

    if (!c)
        return refuse(caller, EINVAL, EVTCHN_BAD_PORT, a->port, 0, 0);
    spin_lock(&caller->evtchn.lock);
    if (caller->evtchn.flat)
        rc = refuse(caller, ENOSYS, UNKNOWN_SUBOP, EVTCHNOP_set_priority, 0, 0);
    else if (c->state == EVT_FREE || c->state == EVT_RESERVED)
        rc = refuse(caller, EACCES, EVTCHN_BAD_STATE, a->port, c->state, 0);
    else if (a->priority > EVTCHN_FIFO_PRIORITY_MIN)
        rc = refuse(caller, EINVAL, EVTCHN_PRIORITY, a->port, a->priority, 0);
    else
        WRITE_ONCE(c->priority, (uint8_t)a->priority);
    spin_unlock(&caller->evtchn.lock);
    return rc;
}

/* ---- audit ---- */

static const char *queue_error(struct domain *d, const struct vcpu *v, unsigned priority)
{
    evtchn_port_t tail = v->fifo.tail[priority];
    const struct evtchn *c = port_of(d, tail);

    if (!tail)
        return NULL;
    if (!v->fifo.control)
        return "has a queue without a control block";
    if (!c || !word_of(d, tail))
        return "has a tail that is no port";
    return c->last_queue == QUEUE(v->id, priority) ? NULL : "has a tail that was linked elsewhere";
}

unsigned evtchn_fifo_audit(struct domain *d)
{
    const struct evtchn_domain *e = &d->evtchn;
    unsigned errors = 0;

    if (e->flat ? e->flat != d->shared_info || e->array_pages : e->array_pages > ARRAY_PAGES) {
        log_msg(LOG_ERR, "audit: %s has the event array of another ABI", d->name);
        errors++;
    }
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        const struct vcpu *v = d->vcpus[i];

        if (v && v->fifo.control && e->flat) {
            log_msg(LOG_ERR, "audit: %s vcpu %u has a control block in two levels", d->name, i);
            errors++;
        }
        for (unsigned priority = 0; v && priority < EVTCHN_FIFO_MAX_QUEUES; priority++) {
            const char *what = queue_error(d, v, priority);

            if (what) {
                log_msg(LOG_ERR, "audit: %s vcpu %u priority %u %s", d->name, i, priority, what);
                errors++;
            }
        }
    }
    return errors;
}
