/* SPDX-License-Identifier: MIT */
/* Physical interrupts that do not exist, and one that was not mapped for this domain before. */
#include "ports.h"

TEST("bind_pirq_errors", "bind_pirq wants an interrupt of the machine that this domain has mapped")
{
    evtchn_port_t next = unbound_port() + 1;

    CHECK_RC(evtchn_bind_pirq(~0u, false), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_pirq(100000, false), -XEN_EINVAL);
    CHECK_RC(evtchn_bind_pirq(5, false), -XEN_EPERM);
    CHECK_RC(evtchn_bind_pirq(5, true), -XEN_EPERM);
    CHECK_EQ(unbound_port(), next);
}
