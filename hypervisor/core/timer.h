/* SPDX-License-Identifier: MIT */
/*
 * Timers: call a function at a system time. Owns a pairing heap per CPU (the timers are its nodes:
 * setting one cannot fail), guarded by its timer lock. Set: O(1); stop and fire: O(log n) amortised.
 *
 * The earliest deadline arms the CPU's timer interrupt (port_timer_arm). The interrupt is only ever
 * moved forward: when a timer goes that would have been first, the interrupt still comes, finds
 * nothing due and arms the next. So stopping a timer, or moving it back as guests do all day, costs
 * no access to the interrupt controller.
 *
 * A timer fires on the CPU it was set on; its function runs from timer_run() with no lock held, and
 * on one CPU at a time. timer_stop() of a timer whose function runs on another CPU waits for it, so
 * that after it the timer's memory may go; a function may stop or set its own timer.
 *
 * Invariants (timer_audit): TIM-1 no child is due before its parent. TIM-2 the interrupt is armed no
 * later than the first deadline. TIM-3 every node's cpu is its heap's.
 * Lock: one a CPU, rank timer; two at once only to move a timer, lower CPU first.
 */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "lib/types.h"

struct timer {
    uint64_t deadline; /* ns */
    void (*fn)(void *arg);
    void *arg;
    struct timer *child, *next,
        **link;   /* first child, sibling, and what points here; link NULL = not set */
    uint16_t cpu; /* whose lock guards it */
    bool running;
    uint16_t running_cpu;
};

void timer_init(struct timer *t, void (*fn)(void *), void *arg);
void timer_set(struct timer *t, uint64_t deadline); /* on this CPU, moves it if set elsewhere */
void timer_stop(struct timer *t);
static inline bool timer_is_set(const struct timer *t)
{
    return t->link;
}
/* Run what is due on this CPU and arm the next one. Called by the port's timer interrupt work. */
void timer_run(void);
uint64_t timer_next(unsigned cpu); /* earliest deadline or ~0 */
void timers_reset(void);           /* forget every timer: boot, tests */
unsigned timer_audit(void);        /* errors found */

#endif
