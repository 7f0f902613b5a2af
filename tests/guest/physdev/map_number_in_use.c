/* SPDX-License-Identifier: MIT */
/* A number that is another line's: Xen says that all is well, and leaves it as it is. */
#include "pirqs.h"

TEST("map_number_in_use", "mapping a line under another's number changes nothing")
{
    CHECK_RC(map_gsi(FREE_GSI, 7), 0);
    CHECK_RC(map_gsi(FREE_GSI - 1, 7), 0);
    CHECK_RC(map_gsi(FREE_GSI - 1, 6), 0);
    CHECK_RC(unmap_pirq(7), 0);
    CHECK_RC(unmap_pirq(6), 0);
}
