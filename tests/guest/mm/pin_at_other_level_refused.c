/* SPDX-License-Identifier: MIT */
/* Each frame has one type: a pinned table of one level is no table of another level. */
#include "tables.h"

TEST("pin_at_other_level_refused", "a table cannot be pinned at a level it is not of")
{
    for (int level = 1; level <= 4; level++) {
        uint64_t *table = pinned_table(level);

        for (int other = 1; other <= 4; other++)
            if (other != level)
                CHECK_RC(pin(table, other), -XEN_EINVAL);
        CHECK_RC(unpin(table), 0);
        /* Of no type any more it may become any other; an L4 has the hypervisor's slots to lose. */
        CHECK_RC(page_set_rw(table), 0);
        memset(table, 0, PAGE_SIZE);
        CHECK_RC(page_set_ro(table), 0);
        CHECK_RC(pin(table, level % 4 + 1), 0);
        CHECK_RC(unpin(table), 0);
    }
}
