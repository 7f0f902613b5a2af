/* SPDX-License-Identifier: MIT */
/* A PV guest begins with a tick of 100 Hz: binding the timer's interrupt is enough to get it. */
#include "tick.h"

TEST("periodic_by_default", "a vCPU begins with a periodic timer that ticks")
{
    uint64_t start = time_ns();

    evtchn_set_handler((evtchn_port_t)MUST(evtchn_bind_virq(VIRQ_TIMER, 0)), count_tick, NULL);
    ticks_wait(10);
    CHECK(ticks >= 10, "only %d ticks", ticks);
    CHECK(time_ns() >= start + 50 * NS_PER_MS, "10 ticks in %lu ns", time_ns() - start);
}
