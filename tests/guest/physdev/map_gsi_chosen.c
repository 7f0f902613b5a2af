/* SPDX-License-Identifier: MIT */
/* With -1 the hypervisor chooses the number: for lines the lowest from 16 on. */
#include "pirqs.h"

TEST("map_gsi_chosen", "a line's number is the lowest free one from 16 on")
{
    int pirq = -1, second = -1;

    CHECK_RC(map_pirq(MAP_PIRQ_TYPE_GSI, FREE_GSI, &pirq), 0);
    CHECK_EQ(pirq, 16);
    CHECK_RC(map_pirq(MAP_PIRQ_TYPE_GSI, FREE_GSI - 1, &second), 0);
    CHECK_EQ(second, 17);
    CHECK_RC(unmap_pirq(pirq), 0);
    CHECK_RC(unmap_pirq(second), 0);
}
