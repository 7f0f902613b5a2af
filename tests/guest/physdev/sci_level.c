/* SPDX-License-Identifier: MIT */
/*
 * ACPI's interrupt is a level: it comes again after an EOI as long as its cause stands, and not once
 * the cause is gone. The cause is the power-management timer's overflow, at most 2.4 s away. */
#include "pirqs.h"

#define SCI_GSI 9
#define PM1_STATUS 0x600
#define PM1_ENABLE 0x602

static evtchn_port_t port;

static bool comes(uint64_t ns)
{
    uint64_t end = time_ns() + ns;

    while (!evtchn_pending(port) && time_ns() < end)
        cpu_relax();
    return evtchn_clear(port);
}

TEST("sci_level", "a level comes until its cause is gone")
{
    io_privilege();
    if (in16(PM1_STATUS) == 0xffff)
        SKIP("no power-management registers at %x", PM1_STATUS);
    MUST(map_gsi(SCI_GSI, SCI_GSI));
    setup_gsi(SCI_GSI, 1, 0);
    port = (evtchn_port_t)MUST(evtchn_bind_pirq(SCI_GSI, true));
    out16(PM1_STATUS, 0xffff);
    out16(PM1_ENABLE, 1);
    CHECK(comes(DEADLINE_NS), "the timer's overflow does not interrupt");
    CHECK_RC(eoi(SCI_GSI), 0);
    CHECK(comes(DEADLINE_NS), "the level is still up, but does not come again");
    out16(PM1_ENABLE, 0);
    out16(PM1_STATUS, 1);
    CHECK_RC(eoi(SCI_GSI), 0);
    comes(10000000); /* one may have been under way */
    CHECK_RC(eoi(SCI_GSI), 0);
    CHECK(!comes(50000000), "comes although the level is down");
}
