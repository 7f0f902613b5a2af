/* SPDX-License-Identifier: MIT */
/* Lines, types, numbers and domains that do not exist. */
#include "pirqs.h"

TEST("map_errors", "map_pirq refuses what there is not")
{
    struct physdev_map_pirq map = {.domid = 77, .type = MAP_PIRQ_TYPE_GSI, .index = 7, .pirq = 7};
    struct physdev_unmap_pirq unmap = {.domid = 77, .pirq = 7};
    int pirq = 7;

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_map_pirq, &map), -XEN_ESRCH);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_unmap_pirq, &unmap), -XEN_ESRCH);
    CHECK_RC(map_gsi(-1, 7), -XEN_EINVAL);
    CHECK_RC(map_gsi(24, 7), -XEN_EINVAL);
    CHECK_RC(map_gsi(NO_PIRQ, 7), -XEN_EINVAL);
    CHECK_RC(map_gsi(FREE_GSI, NO_PIRQ), -XEN_EINVAL);
    CHECK_RC(map_pirq(MAP_PIRQ_TYPE_UNKNOWN, 7, &pirq), -XEN_EINVAL);
    CHECK_RC(map_pirq(99, 7, &pirq), -XEN_EINVAL);
    CHECK_RC(unmap_pirq(-1), -XEN_EINVAL);
    CHECK_RC(unmap_pirq(NO_PIRQ), -XEN_EINVAL);
    CHECK_RC(unmap_pirq(11), -XEN_EINVAL);
}
