/* SPDX-License-Identifier: MIT */
/*
 * A second kernel address space: pinned, switched to, changed, left, unpinned. What is mapped only
 * there is visible only there; afterwards its tables are ordinary memory again.
 */
#include "harness.h"

#define VA 0x600000000000ul

TEST("new_baseptr_switches_tables", "a pinned L4 can be run on, left and freed")
{
    struct aspace as = aspace_new_kernel();
    uint64_t *page = page_alloc(), value = 0;
    struct fault f;
    unsigned long left;

    *page = 0x600d;
    MUST(map_page(&as, VA, va_to_mfn(page), PROT_RW));

    f = try_read((void *)VA, &value);
    CHECK_FAULT(f, TRAP_PF);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, as.l4_mfn), 0);
    f = try_read((void *)VA, &value);
    CHECK_NO_FAULT(f);
    CHECK_EQ(value, 0x600d);
    CHECK_RC(mmuext(MMUEXT_NEW_BASEPTR, kernel_aspace.l4_mfn), 0);
    f = try_read((void *)VA, &value);
    CHECK_FAULT(f, TRAP_PF);

    left = pages_left();
    aspace_free(&as);
    CHECK_EQ(pages_left(), left + 4);
}
