/* SPDX-License-Identifier: MIT */
/*
 * SCHEDOP_poll looks at the pending bit in the word, masked or not, and is ended by an event that sets
 * it.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_poll", "poll returns for a pending FIFO port, whatever its mask")
{
    evtchn_port_t port = ipi_port(0), timer = virq_port(VIRQ_TIMER);
    uint64_t begin;

    events_disable();
    fifo_start(1);
    fifo_expand();
    CHECK_RC(evtchn_send(port), 0);
    begin = time_ns();
    CHECK_RC(sched_poll(&port, 1, begin + DEADLINE_NS), 0);
    CHECK(time_ns() < begin + DEADLINE_NS, "it waited for a port that was pending");
    begin = time_ns();
    CHECK_RC(hypercall_set_timer_op(begin + NS_PER_SEC / 20), 0);
    CHECK_RC(sched_poll(&timer, 1, begin + DEADLINE_NS), 0);
    CHECK(*fifo_word(timer) & FIFO_PENDING, "the timer did not come");
    CHECK(time_ns() < begin + DEADLINE_NS, "it waited for its deadline");
}
