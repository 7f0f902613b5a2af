/* SPDX-License-Identifier: MIT */
/*
 * Xen accepts 32-bit call gates, for 32-bit guests' sake, but makes them DPL 0, so that no ring 3
 * code gets through one: using it is a #GP. [SEG-2]
 */
#include "gdt.h"

TEST("call_gate_loses_dpl", "a call gate is taken with DPL 0 and cannot be called through")
{
    struct {
        uint32_t offset;
        uint16_t selector;
    } __attribute__((packed)) target = {0, SELECTOR(1)};
    uint64_t *gdt = gdt_page();
    struct fault f;

    CHECK_RC(set_gdt_page(gdt, GDT_PAGE_ENTRIES), 0);
    CHECK_RC(set_desc(&gdt[1], 0x0000ec00e0331000), 0);
    CHECK_EQ(get_desc(&gdt[1]), 0x00008c00e0331000);
    f = TRY_ASM("lcall *%0", : : "m"(target) : "memory");
    CHECK_FAULT(f, TRAP_GP);
    CHECK_EQ(f.error_code, SELECTOR(1) & ~3);
}
