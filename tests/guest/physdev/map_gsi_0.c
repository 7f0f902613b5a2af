/* SPDX-License-Identifier: MIT */
/* Line 0 is the hypervisor's timer's. */
#include "pirqs.h"

TEST("map_gsi_0", "line 0 cannot be mapped")
{
    CHECK_RC(map_gsi(0, 0), -XEN_EPERM);
    CHECK_RC(map_gsi(0, 16), -XEN_EPERM);
}
