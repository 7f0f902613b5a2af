/* SPDX-License-Identifier: MIT */
/* What status says of each kind of port besides those that other tests of this area look at. */
#include "ports.h"

TEST("status_by_state", "status names the virtual interrupt, and the vCPU of each port")
{
    struct evtchn_status status;

    CHECK_RC(evtchn_status(virq_port(VIRQ_DEBUG), &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_virq);
    CHECK_EQ(status.u.virq, VIRQ_DEBUG);
    CHECK_EQ(status.vcpu, 0);
    CHECK_RC(evtchn_status(virq_port(VIRQ_ARCH_7), &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_virq);
    CHECK_EQ(status.u.virq, VIRQ_ARCH_7);
    CHECK_RC(evtchn_status(ipi_port(0), &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_ipi);
    CHECK_EQ(status.vcpu, 0);

    /* A mask or a pending bit is no business of status. */
    status.port = unbound_port();
    evtchn_mask(status.port);
    CHECK_EQ(port_state(status.port), EVTCHNSTAT_unbound);
}
