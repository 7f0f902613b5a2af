/* SPDX-License-Identifier: MIT */
/* set_timer_op: the singleshot timer of the calling vcpu. */
#include "core/timer.h"
#include "hypercall/hypercall.h"

#define FAR_FUTURE_NS (1ull << 50)
#define SOON_NS 100000000ull

/*
 * a1: absolute system time in ns; 0 stops the timer; a time that has passed fires at once. Never
 * fails. A time that wrapped below 0 or lies 13 days ahead is what old guests ask for both when they
 * want none and when their arithmetic overflowed: it fires after 100 ms, as the ABI has it.
 */
long hc_set_timer_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                     uint64_t a5)
{
    (void)a2, (void)a3, (void)a4, (void)a5;
    if (a1 == 0) {
        timer_stop(&v->singleshot);
        return 0;
    }
    /* The clock is asked only when the answer may be "too far": not in the first 13 days. */
    if (unlikely(a1 >= FAR_FUTURE_NS)) {
        uint64_t now = port_now();

        if ((int64_t)a1 < 0 || (a1 > now && a1 - now >= FAR_FUTURE_NS))
            a1 = now + SOON_NS;
    }
    timer_set(&v->singleshot, a1);
    return 0;
}
