/* SPDX-License-Identifier: MIT */
#include "core/timer.h"
#include "core/log.h"
#include "core/port.h"
#include "lib/spinlock.h"

static struct timer_cpu {
    spinlock_t lock;
    struct timer *root; /* its siblings are NULL */
    uint64_t armed;     /* when the interrupt comes; ~0: it does not */
} __attribute__((aligned(64))) queues[NR_CPUS] = {[0 ... NR_CPUS - 1] = {.armed = ~0ull}};

/* ---- the heap: a tree in which no child is due before its parent ---- */

static struct timer *meld(struct timer *a, struct timer *b)
{
    struct timer *first, *second;

    if (!a || !b)
        return a ? a : b;
    first = a->deadline <= b->deadline ? a : b;
    second = first == a ? b : a;
    second->next = first->child;
    if (second->next)
        second->next->link = &second->next;
    first->child = second;
    second->link = &first->child;
    return first;
}

/* Make one tree of a list of siblings: in pairs from the left, then the pairs from the right. */
static struct timer *meld_siblings(struct timer *list)
{
    struct timer *pairs = NULL, *root = NULL;

    while (list) {
        struct timer *a = list, *b = a->next;

        list = b ? b->next : NULL;
        a->next = NULL;
        if (b)
            b->next = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct timer *a = pairs;

        pairs = a->next;
        a->next = NULL;
        root = meld(root, a);
    }
    return root;
}

static void set_root(struct timer_cpu *q, struct timer *t)
{
    q->root = t;
    if (t) {
        t->next = NULL;
        t->link = &q->root;
    }
}

static void queue_remove(struct timer_cpu *q, struct timer *t)
{
    struct timer *children = t->child ? meld_siblings(t->child) : NULL;

    t->child = NULL;
    if (t == q->root) {
        set_root(q, children);
    } else {
        *t->link = t->next;
        if (t->next)
            t->next->link = t->link;
        t->next = NULL;
        if (children)
            set_root(q, meld(q->root, children));
    }
    t->link = NULL;
}

static void queue_add(struct timer_cpu *q, struct timer *t)
{
    set_root(q, meld(q->root, t));
}

static void arm(struct timer_cpu *q)
{
    uint64_t first = q->root ? q->root->deadline : ~0ull;

    if (first < q->armed) {
        q->armed = first;
        port_timer_arm(first);
    }
}

/* ---- */

void timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
    *t = (struct timer){.fn = fn, .arg = arg, .cpu = (uint16_t)port_cpu()};
}

/* Lock the queue t belongs to, and this CPU's as well if `mine` is given. */
static struct timer_cpu *timer_lock(struct timer *t, struct timer_cpu *mine)
{
    for (;;) {
        struct timer_cpu *q = &queues[READ_ONCE(t->cpu)];

        if (likely(!mine || q == mine))
            spin_lock(&q->lock);
        else
            spin_lock_two(&q->lock, &mine->lock);
        if (likely(q == &queues[READ_ONCE(t->cpu)]))
            return q;
        spin_unlock(&q->lock);
        if (mine && q != mine)
            spin_unlock(&mine->lock);
    }
}

void timer_set(struct timer *t, uint64_t deadline)
{
    unsigned cpu = port_cpu();
    struct timer_cpu *mine = &queues[cpu], *q = timer_lock(t, mine);

    if (likely(q == mine) && t->link && !t->child && deadline >= t->deadline) {
        t->deadline = deadline; /* what guests do most: later, and nothing hangs below it */
        spin_unlock(&mine->lock);
        return;
    }
    if (t->link)
        queue_remove(q, t);
    if (unlikely(q != mine)) {
        t->cpu = (uint16_t)cpu;
        spin_unlock(&q->lock);
    }
    t->deadline = deadline;
    queue_add(mine, t);
    arm(mine);
    spin_unlock(&mine->lock);
}

void timer_stop(struct timer *t)
{
    struct timer_cpu *q;

    for (;;) {
        q = timer_lock(t, NULL);
        if (t->link)
            queue_remove(q, t);
        if (likely(!t->running) || t->running_cpu == port_cpu())
            break;
        spin_unlock(&q->lock);
        spin_wait();
    }
    spin_unlock(&q->lock);
}

/* The first timer if it is due, taken out and marked as running. */
static struct timer *take_due(struct timer_cpu *q, uint64_t now)
{
    struct timer *t;

    for (;;) {
        spin_lock(&q->lock);
        t = q->root;
        if (!t || t->deadline > now) {
            t = NULL;
            break;
        }
        if (likely(!t->running)) {
            queue_remove(q, t);
            t->running = true;
            t->running_cpu = (uint16_t)port_cpu();
            break;
        }
        /* It was set here by, or during, its own run on another CPU: that one comes first. */
        spin_unlock(&q->lock);
        spin_wait();
    }
    spin_unlock(&q->lock);
    return t;
}

void timer_run(void)
{
    struct timer_cpu *q = &queues[port_cpu()];
    uint64_t now = port_now();
    struct timer *t;

    while ((t = take_due(q, now)) != NULL) {
        t->fn(t->arg);
        __atomic_store_n(&t->running, false, __ATOMIC_RELEASE);
    }
    spin_lock(&q->lock);
    q->armed = ~0ull;
    arm(q);
    spin_unlock(&q->lock);
}

uint64_t timer_next(unsigned cpu)
{
    uint64_t first;

    spin_lock(&queues[cpu].lock);
    first = queues[cpu].root ? queues[cpu].root->deadline : ~0ull;
    spin_unlock(&queues[cpu].lock);
    return first;
}

void timers_reset(void)
{
    for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
        queues[cpu] = (struct timer_cpu){.armed = ~0ull};
}

static unsigned audit_tree(const struct timer *t, unsigned cpu)
{
    unsigned errors = 0;

    for (const struct timer *c = t->child; c; c = c->next) {
        errors += c->deadline < t->deadline;
        errors += *c->link != c;
        errors += audit_tree(c, cpu);
    }
    return errors + (t->cpu != cpu);
}

unsigned timer_audit(void)
{
    unsigned errors = 0;

    for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
        struct timer_cpu *q = &queues[cpu];

        spin_lock(&q->lock);
        if (q->root)
            errors += audit_tree(q->root, cpu) + (q->armed > q->root->deadline) +
                      (q->root->link != &q->root);
        spin_unlock(&q->lock);
    }
    return errors;
}
