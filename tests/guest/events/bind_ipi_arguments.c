/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* IPI ports: any number of them for any vCPU that there is, also one that never ran. */
#include "ports.h"

TEST("bind_ipi_arguments", "bind_ipi wants a vCPU that exists, and may be repeated")
{
    struct evtchn_status status;
    long first = evtchn_bind_ipi(0), second = evtchn_bind_ipi(0);

    CHECK(first > 0 && second > 0 && first != second, "bind_ipi gives %ld, %ld", first, second);
    CHECK_RC(evtchn_bind_ipi(1000), -XEN_ENOENT);
    CHECK_RC(evtchn_bind_ipi(~0u), -XEN_ENOENT);
    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(evtchn_status(ipi_port(1), &status), 0);
    CHECK_EQ(status.status, EVTCHNSTAT_ipi);
    CHECK_EQ(status.vcpu, 1);
}
