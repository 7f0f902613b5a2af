/* SPDX-License-Identifier: MIT */
/* Numbers are given out from the lowest: what is closed in the middle is what comes next. */
#include "ports.h"

#define N 10

TEST("lowest_free_port", "a new port gets the lowest number that is free, whatever its kind")
{
    evtchn_port_t first = unbound_port();

    for (unsigned int i = 1; i < N; i++)
        CHECK_EQ(unbound_port(), first + i);
    CHECK_RC(evtchn_close(first + 7), 0);
    CHECK_RC(evtchn_close(first + 2), 0);
    CHECK_RC(evtchn_close(first + 4), 0);
    CHECK_EQ(ipi_port(0), first + 2);
    CHECK_EQ(virq_port(VIRQ_TIMER), first + 4);
    CHECK_EQ(MUST(evtchn_bind_interdomain(DOMID_SELF, first)), first + 7);
    CHECK_EQ(unbound_port(), first + N);
}
