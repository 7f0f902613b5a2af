/* SPDX-License-Identifier: MIT */
/*
 * Code and data descriptors of a lower DPL become DPL 3, in place, when their page becomes a GDT
 * and when they are written by update_descriptor. Nothing else in them changes, and what is not
 * present not at all. Everything a kernel has as ring 0 segments is accepted so. [SEG-2]
 */
#include "gdt.h"

static const uint64_t descriptors[][2] = {
    {0, 0},
    {0x0000000012345678, 0x0000000012345678}, /* Not present */
    {0x00cf13000000ffff, 0x00cf13000000ffff}, /* Not present, DPL 0 */
    {0x0000900000000067, 0x0000f00000000067},
    {0x0000800000000000, 0x0000800000000000}, /* System, type 0 */
    {DESC_DATA, DESC_DATA},
    {DESC_CODE64, DESC_CODE64},
    {DESC_CODE32, DESC_CODE32},
    {0x00cf93000000ffff, DESC_DATA},
    {0x00cf92000000ffff, 0x00cff2000000ffff}, /* Not accessed stays so */
    {0x00cfb3000000ffff, DESC_DATA},          /* DPL 1 */
    {0x00cfd3000000ffff, DESC_DATA},          /* DPL 2 */
    {0x00af9b000000ffff, DESC_CODE64},
    {0x00cf9e000000ffff, 0x00cffe000000ffff}, /* Conforming */
    {0x00cff7000000ffff, 0x00cff7000000ffff}, /* Expand-down */
    {0x00ef9b000000ffff, 0x00effb000000ffff}, /* L and D both */
};

TEST("descriptors_get_dpl_3", "code and data descriptors get DPL 3 in place, in a GDT or written")
{
    uint64_t *gdt = gdt_page();

    CHECK_RC(set_gdt_page(gdt, GDT_PAGE_ENTRIES), 0);
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
        uint64_t *fresh = page_alloc();

        CHECK_RC(set_desc(&gdt[1], descriptors[i][0]), 0);
        CHECK_EQ(get_desc(&gdt[1]), descriptors[i][1]);

        fresh[7] = descriptors[i][0];
        REQUIRE(page_set_ro(fresh) == 0, "cannot make a page read-only");
        CHECK_RC(set_gdt_page(fresh, GDT_PAGE_ENTRIES), 0);
        CHECK_EQ(get_desc(&fresh[7]), descriptors[i][1]);
        CHECK_RC(set_gdt_page(gdt, GDT_PAGE_ENTRIES), 0);
    }
}
