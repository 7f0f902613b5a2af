/* SPDX-License-Identifier: MIT */
/* Two grants at two addresses, unmapped crosswise: each handle belongs to its own frame. */
#include "self.h"

TEST("unmap_wrong_mapping", "a handle does not unmap another grant's address")
{
    struct offer a = offer(0xa, 0), b = offer(0xb, 0);
    uint64_t *at_a = va_alloc(1), *at_b = va_alloc(1);
    grant_handle_t handle_a = map_at(at_a, a.ref, 0), handle_b = map_at(at_b, b.ref, 0);

    CHECK(handle_a != handle_b, "both handles are %u", handle_a);
    CHECK_RC(grant_unmap(at_b, handle_a), GNTST_general_error);
    CHECK_RC(grant_unmap(at_a, handle_b), GNTST_general_error);
    CHECK_EQ(*at_a, 0xa);
    CHECK_EQ(*at_b, 0xb);
    CHECK_RC(grant_unmap(at_a, handle_a), GNTST_okay);
    CHECK_RC(grant_unmap(at_b, handle_b), GNTST_okay);
}
