/* SPDX-License-Identifier: MIT */
/*
 * What every kernel does first: map the rest of its memory by linking new L1 tables, which must be
 * read-only by then, into the builder's tables. All memory becomes usable, each page its own frame.
 */
#include "harness.h"

TEST("linear_map_grows_to_all_memory", "L1 tables linked by mmu_update make all pages usable")
{
    unsigned long pages = pages_left(), before = mm_linear_pages();
    uint64_t *last = NULL;

    REQUIRE(before < start_info->nr_pages, "the builder mapped all %lu pages", before);
    for (unsigned long i = 0; i < pages; i++) {
        uint64_t *page = page_alloc();

        page[0] = i;
        page[1] = (uint64_t)last;
        last = page;
    }
    CHECK_EQ(pages_left(), 0);
    for (unsigned long i = pages; i-- > 0; last = (uint64_t *)last[1])
        CHECK(last[0] == i, "page %p holds %lx, not %lx", last, last[0], i);
    CHECK_EQ(mfn_to_pfn(pfn_to_mfn(start_info->nr_pages - 1)), start_info->nr_pages - 1);
    CHECK_EQ(va_to_mfn(pfn_to_va(start_info->nr_pages - 1)), pfn_to_mfn(start_info->nr_pages - 1));
}
