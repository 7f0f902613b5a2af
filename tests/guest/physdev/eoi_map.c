/* SPDX-License-Identifier: MIT */
/* The page with a bit for each interrupt that wants an EOI: one, the guest's own, and writable. */
#include "pirqs.h"

static uint64_t map[512] __attribute__((aligned(4096)));

TEST("eoi_map", "the map of EOIs has the bits of levels that are bound")
{
    struct physdev_pirq_eoi_gmfn op = {.gmfn = ~0ul};

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -XEN_EINVAL);
    op.gmfn = va_to_mfn(map);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), 0);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op), -XEN_EBUSY);
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v1, &op), -XEN_EBUSY);
    MUST(map_gsi(FREE_GSI, FREE_GSI)); /* edge */
    MUST(evtchn_bind_pirq(FREE_GSI, false));
    CHECK_EQ(map[0], 0);
    MUST(map_gsi(21, 21));
    MUST(setup_gsi(21, 1, 0));
    MUST(evtchn_bind_pirq(21, true));
    CHECK_EQ(map[0], 1ul << 21);
}
