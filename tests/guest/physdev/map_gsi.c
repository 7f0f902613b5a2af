/* SPDX-License-Identifier: MIT */
/*
 * The first domain maps lines of I/O APICs under numbers of its choice, each under one, and may say so
 * again. */
#include "pirqs.h"

TEST("map_gsi", "a line is mapped once, under the number asked for")
{
    int pirq = -1;

    CHECK_RC(map_gsi(FREE_GSI, FREE_GSI), 0);
    CHECK_RC(map_gsi(FREE_GSI, FREE_GSI), 0);
    CHECK_RC(map_gsi(FREE_GSI, 100), -XEN_EEXIST);
    CHECK_RC(map_pirq(MAP_PIRQ_TYPE_GSI, FREE_GSI, &pirq), 0);
    CHECK_EQ(pirq, FREE_GSI);
    CHECK_RC(unmap_pirq(FREE_GSI), 0);
    CHECK_RC(unmap_pirq(FREE_GSI), -XEN_EINVAL);
    CHECK_RC(map_gsi(FREE_GSI - 1, 100), 0);
    CHECK_RC(unmap_pirq(FREE_GSI - 1), -XEN_EINVAL);
    CHECK_RC(unmap_pirq(100), 0);
}
