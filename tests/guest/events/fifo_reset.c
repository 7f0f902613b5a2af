/* SPDX-License-Identifier: MIT */
/*
 * reset closes all ports and ends the FIFO form, as a kernel needs it that another one starts. It can be
 * asked for again.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_reset", "reset goes back to two levels, and init_control works again")
{
    evtchn_port_t port = ipi_port(0);
    struct evtchn_reset reset = {.dom = DOMID_SELF};

    events_disable();
    for (int round = 0; round < 2; round++) {
        fifo_start(1);
        fifo_expand();
        fifo_unmask(port);
        CHECK_RC(evtchn_send(port), 0);
        CHECK_EQ(fifo_take(0), port);
        CHECK_RC(evtchn_send(port), 0);
        CHECK_RC(hypercall_event_channel_op(EVTCHNOP_reset, &reset), 0);
        CHECK_RC(fifo_expand_array(va_to_mfn(page_alloc())), -XEN_EOPNOTSUPP);
        port = ipi_port(0);
        CHECK_RC(fifo_set_priority(port, 1), -XEN_ENOSYS);
        CHECK(!evtchn_pending(port), "a new port is pending");
        CHECK_RC(evtchn_send(port), 0);
        CHECK(evtchn_pending(port), "no event in two levels");
        evtchn_clear(port);
    }
}
