/* SPDX-License-Identifier: MIT */
/*
 * A table of 512 entries of which the last is bad: every type and reference taken for the ones
 * before must be given back, so that those pages may be writable afterwards. [TYP-1]
 */
#include "tables.h"

TEST("failed_pin_undoes_all", "a pin that fails at its last entry gives all before it back")
{
    for (int level = 2; level <= 4; level++) {
        uint64_t *lower[8], *bad = page_alloc();

        for (unsigned int i = 0; i < 8; i++) {
            lower[i] = page_with(0, 0);
            bad[i * 16] = entry_to(lower[i], PROT_TABLE);
        }
        bad[511] = entry_to(page_alloc(), PROT_TABLE);
        MUST(page_set_ro(bad));
        CHECK_RC(pin(bad, level), -XEN_EINVAL);
        for (unsigned int i = 0; i < 8; i++) {
            CHECK_RC(page_set_rw(lower[i]), 0);
            CHECK_NO_FAULT(try_write(lower[i], PATTERN));
        }
        CHECK_RC(page_set_rw(bad), 0);
    }
}
