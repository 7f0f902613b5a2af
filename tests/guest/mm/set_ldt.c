/* SPDX-License-Identifier: MIT */
/* The LDT is given by address and looked at when it is used; without entries no address counts. */
#include "tables.h"

TEST("set_ldt", "SET_LDT wants a page-aligned address and at most 8192 entries")
{
    uint64_t *page = page_alloc();
    unsigned long va = (unsigned long)page;

    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, va, 512, DOMID_SELF), 0);
    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, va, 8192, DOMID_SELF), 0);
    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, va, 8193, DOMID_SELF), -XEN_EINVAL);
    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, va + 8, 10, DOMID_SELF), -XEN_EINVAL);
    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, 0x800000000000ul, 10, DOMID_SELF), -XEN_EINVAL);
    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, 0xffff830000000000ul, 10, DOMID_SELF), -XEN_EINVAL);
    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, va + 8, 0, DOMID_SELF), 0);
    CHECK_RC(mmuext_as(MMUEXT_SET_LDT, 0, 0, DOMID_SELF), 0);
}
