/* SPDX-License-Identifier: MIT */
/* setup_gsi: once a line; a line in use is left alone. */
#include "pirqs.h"

TEST("setup_gsi", "a line is set up once")
{
    CHECK_RC(setup_gsi(-1, 1, 1), -XEN_EINVAL);
    CHECK_RC(setup_gsi(24, 1, 1), -XEN_EINVAL);
    CHECK_RC(setup_gsi(20, 1, 0), 0);
    CHECK_RC(setup_gsi(20, 1, 0), -XEN_EEXIST);
    CHECK_RC(setup_gsi(9, 1, 0), 0); /* ACPI's */
    CHECK_RC(setup_gsi(9, 1, 0), -XEN_EEXIST);
    CHECK_RC(setup_gsi(0, 0, 0), -XEN_EEXIST); /* the hypervisor's timer's, and its console's */
    CHECK_RC(setup_gsi(4, 0, 0), -XEN_EEXIST);
    MUST(map_gsi(21, 21));
    CHECK_RC(setup_gsi(21, 1, 1), 0);
    MUST(map_gsi(FREE_GSI, FREE_GSI));
    MUST(evtchn_bind_pirq(FREE_GSI, true));
    CHECK_RC(setup_gsi(FREE_GSI, 1, 1), -XEN_EEXIST);
}
