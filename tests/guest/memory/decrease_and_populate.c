/* SPDX-License-Identifier: MIT */
/* A frame goes back and another one comes: counts and machine-to-phys follow each step. */
#include "reserve.h"

TEST("decrease_and_populate", "a page given back can be populated again and is usable")
{
    uint64_t *page = page_alloc();
    unsigned long pfn = va_to_pfn(page), mfn = take(page), old = mfn, list = pfn;
    long before = total_pages();

    CHECK_RC(decrease(&mfn, 1), 1);
    CHECK_EQ(total_pages(), before - 1);
    CHECK(mfn_to_pfn(old) != pfn, "machine-to-phys still names the PFN");
    CHECK_RC(populate(&list, 1), 1);
    CHECK_EQ(total_pages(), before);
    CHECK_EQ(mfn_to_pfn(list), pfn);
    put(page, list);
    CHECK_NO_FAULT(try_write(page, 5));
    CHECK_EQ(page[0], 5);
}
