/* SPDX-License-Identifier: MIT */
/* A page that is mapped writable anywhere becomes no table of any level. [TYP-2] */
#include "tables.h"

TEST("pin_of_writable_page_refused", "a page with a writable mapping cannot be pinned")
{
    for (int level = 1; level <= 4; level++) {
        uint64_t *page = page_alloc();
        uint64_t *alias = map_frames(mfn_of(page), 1, PROT_RW);

        CHECK_RC(pin(page, level), -XEN_EINVAL);
        MUST(page_set_ro(page));
        CHECK_RC(pin(page, level), -XEN_EINVAL);
        MUST(remap(alias, 0));
        CHECK_RC(pin(page, level), 0);
    }
}
