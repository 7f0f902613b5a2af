/* SPDX-License-Identifier: MIT */
/*
 * Present descriptors of the system, which would give the guest the hypervisor's privilege, are
 * refused in every way in: LDT, TSS, interrupt, trap and task gates, call gates into the
 * hypervisor's code. Neither a GDT nor an entry changes. [SEG-2]
 */
#include "gdt.h"

static const uint64_t bad[] = {
    0x0000820000000067, /* LDT */
    0x0000890000000067, /* TSS */
    0x00008b0000000067, /* TSS, busy */
    0x0000e90000000067, /* TSS, DPL 3 */
    0x00008e00e0331000, /* Interrupt gate */
    0x0000ee00e0331000, /* The same, DPL 3 */
    0x00008f00e0331000, /* Trap gate */
    0x0000850000331000, /* Task gate */
    0x0000840000331000, /* 16-bit call gate */
    0x0000ec00e0081000, /* Call gate to the hypervisor's code */
    0x00008100e0331000, /* 16-bit TSS */
};

TEST("bad_descriptors_refused", "system descriptors are refused by update_descriptor and set_gdt")
{
    uint64_t *gdt = gdt_page(), *writable = page_alloc();

    CHECK_RC(set_gdt_page(gdt, GDT_PAGE_ENTRIES), 0);
    CHECK_RC(set_desc(&gdt[1], DESC_DATA), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t *fresh = page_alloc();

        CHECK(set_desc(&gdt[1], bad[i]) == -XEN_EINVAL, "%lx was taken", bad[i]);
        CHECK_EQ(get_desc(&gdt[1]), DESC_DATA);
        CHECK(set_desc(&writable[1], bad[i]) == -XEN_EINVAL, "%lx was taken", bad[i]);
        CHECK_EQ(get_desc(&writable[1]), 0);

        fresh[511] = bad[i];
        REQUIRE(page_set_ro(fresh) == 0, "cannot make a page read-only");
        CHECK(set_gdt_page(fresh, 1) == -XEN_EINVAL, "a GDT with %lx was taken", bad[i]);
        CHECK_EQ(get_desc(&fresh[511]), bad[i]);
        CHECK_RC(page_set_rw(fresh), 0);
    }
    CHECK_NO_FAULT(load_es(SELECTOR(1)));
}
