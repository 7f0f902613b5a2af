/* SPDX-License-Identifier: MIT */
/*
 * Spin locks. The hypervisor runs with interrupts off, so a lock never meets an interrupt handler;
 * but a CPU that waits must still answer other CPUs' TLB-flush requests, or two CPUs could wait
 * for each other: spin_wait() (port) does that on every turn.
 *
 * Lock order, outermost first (a CPU may only take locks further down while it holds one):
 *   1 domain_list   the table of domains
 *   2 d->life       creation, destruction, pausing of one domain
 *   3 d->mm         page-type changes that validate or invalidate (two domains: never both)
 *   4 d->evtchn     port allocation and binding of one domain (two domains: lower address first)
 *   5 grant table   one domain's table (two domains: lower address first)
 *   6 d->pages      the domain's frame lists and counts
 *   7 heap          the frame allocator;  8 slab
 *   8a messages     x86/msi.c: devices' message interrupts
 *   8b irq          one physical interrupt;  8c I/O APICs, vectors
 *   9 evtchn port   one port's state (two ports: lower address first); below it a vcpu's FIFO queues
 *                   (two vcpus: lower address first)
 *  10 runqueue      one CPU's run queue (two: lower CPU first)
 *  11 timer         one CPU's timers
 *  12 console       the log ring, the UART and the input;  refusals: one domain's filter of lines
 */
#ifndef LIB_SPINLOCK_H
#define LIB_SPINLOCK_H

#include "lib/types.h"

typedef struct { uint8_t held; } spinlock_t;

#define SPINLOCK_INIT { 0 }

/* One turn of waiting: pause, and serve other CPUs' requests. Port; also a fake for host tests. */
void spin_wait(void);

static inline void spin_init(spinlock_t *l) { l->held = 0; }

static inline bool spin_trylock(spinlock_t *l)
{
    return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

static inline void spin_lock(spinlock_t *l)
{
    while (unlikely(!spin_trylock(l)))
        while (__atomic_load_n(&l->held, __ATOMIC_RELAXED))
            spin_wait();
}

static inline void spin_unlock(spinlock_t *l) { __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE); }

static inline bool spin_is_locked(const spinlock_t *l)
{
    return __atomic_load_n(&l->held, __ATOMIC_RELAXED);
}

/* Two locks of the same rank, in address order. a may equal b. */
static inline void spin_lock_two(spinlock_t *a, spinlock_t *b)
{
    if (a == b) {
        spin_lock(a);
    } else if (a < b) {
        spin_lock(a);
        spin_lock(b);
    } else {
        spin_lock(b);
        spin_lock(a);
    }
}

static inline void spin_unlock_two(spinlock_t *a, spinlock_t *b)
{
    spin_unlock(a);
    if (a != b)
        spin_unlock(b);
}

#endif
