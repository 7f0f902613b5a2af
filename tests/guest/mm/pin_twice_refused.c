/* SPDX-License-Identifier: MIT */
/* The pin is one bit, not a count: the second pin fails, and one unpin ends it. */
#include "tables.h"

TEST("pin_twice_refused", "pinning a pinned table is EINVAL and leaves one pin")
{
    for (int level = 1; level <= 4; level++) {
        uint64_t *table = pinned_table(level);

        CHECK_RC(pin(table, level), -XEN_EINVAL);
        CHECK_RC(unpin(table), 0);
        CHECK_RC(unpin(table), -XEN_EINVAL);
        CHECK_RC(page_set_rw(table), 0);
    }
}
