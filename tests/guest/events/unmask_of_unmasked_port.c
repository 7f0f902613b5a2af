/* SPDX-License-Identifier: MIT */
/*
 * A pending bit that the guest set itself is delivered by unmask if the mask bit was set, whatever
 * the port is, and not looked at if it was clear. [EVT-9]
 */
#include "ports.h"

static volatile int count;

static void set_pending(evtchn_port_t port)
{
    __atomic_fetch_or(&shared_info->evtchn_pending[port / 64], 1ul << (port % 64),
                      __ATOMIC_SEQ_CST);
}

TEST("unmask_of_unmasked_port", "unmask looks at the pending bit only when it changes the mask bit")
{
    evtchn_port_t port = unbound_port();

    evtchn_set_handler(port, count_event, (void *)&count);
    set_pending(port);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_EQ(count, 0);
    evtchn_mask(port);
    CHECK_RC(evtchn_unmask(port), 0);
    CHECK_EQ(count, 1);
}
