/* SPDX-License-Identifier: MIT */
/* A descriptor that is not present may be anything; loading it is #NP, with the selector. */
#include "gdt.h"

TEST("not_present_segment_is_np", "loading a descriptor that is not present is #NP(selector)")
{
    uint64_t *gdt = gdt_page();
    struct fault f;

    CHECK_RC(set_gdt_page(gdt, GDT_PAGE_ENTRIES), 0);
    CHECK_RC(set_desc(&gdt[5], DESC_DATA & ~(1ul << 47)), 0);
    f = load_es(SELECTOR(5));
    CHECK_FAULT(f, TRAP_NP);
    CHECK_EQ(f.error_code, SELECTOR(5) & ~3);
    CHECK_EQ(read_es(), 0);
}
