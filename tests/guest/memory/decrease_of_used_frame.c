/* SPDX-License-Identifier: MIT */
/*
 * A frame is given back while it is mapped. The mapping holds it: the memory stays this domain's
 * and readable until the last entry goes; then the frame is nobody's.
 */
#include "reserve.h"

TEST("decrease_of_used_frame", "a mapped frame that is given back stays until it is unmapped")
{
    uint64_t *page = page_alloc(), *alias, entry = pte_read(page);
    unsigned long mfn = pte_mfn(entry);
    long before = total_pages();

    alias = map_frames(mfn, 1, PROT_RW);
    *page = 0x1234;
    CHECK_RC(decrease(&mfn, 1), 1);
    CHECK_NO_FAULT(try_write(alias, 0x4321));
    CHECK_EQ(*(volatile uint64_t *)page, 0x4321);
    CHECK_EQ(total_pages(), before);
    CHECK_RC(unmap_page(&kernel_aspace, (unsigned long)alias), 0);
    CHECK_EQ(total_pages(), before);
    /* As long as one entry holds it, another can be made. */
    CHECK_RC(map_page(&kernel_aspace, (unsigned long)alias, pte_mfn(entry), PROT_RO), 0);
    CHECK_RC(unmap_page(&kernel_aspace, (unsigned long)alias), 0);
    take(page);
    CHECK_EQ(total_pages(), before - 1);
    CHECK_RC(map_page(&kernel_aspace, (unsigned long)alias, pte_mfn(entry), PROT_RO), -XEN_EBUSY);
}
