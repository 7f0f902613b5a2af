/* SPDX-License-Identifier: MIT */
/*
 * An argument that can be read but not written: the answer cannot be given. A pass: EFAULT, and the
 * guest goes on; the port whose number it never learned is in use.
 */
#include "ports.h"

TEST("read_only_argument", "an answer that cannot be written is EFAULT; what was done stays done")
{
    struct evtchn_alloc_unbound *op = page_alloc();
    evtchn_port_t next = unbound_port() + 1;

    *op = (struct evtchn_alloc_unbound){.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    REQUIRE(page_set_ro(op) == 0, "cannot make a page read-only");
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, op), -XEN_EFAULT);
    CHECK_EQ(port_state(next), EVTCHNSTAT_unbound);
    CHECK_RC(evtchn_close(next), 0);
    CHECK_EQ(unbound_port(), next);
}
