/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's part of the GDT: its flat ring 3 segments are there for all; its own code, data,
 * TSS and the rest are not for ring 3, whatever the guest's GDT is. [SEG-4]
 */
#include "gdt.h"

static const uint16_t usable[] = {FLAT_USER_SS32, FLAT_USER_SS64, FLAT_KERNEL_SS};
static const uint16_t hidden[] = {
    0xe008, 0xe00b, 0xe010, 0xe013, 0xe040, 0xe043, 0xe048, 0xe050, 0xe3f8,
};

static void check(void)
{
    for (size_t i = 0; i < sizeof(usable) / sizeof(usable[0]); i++) {
        CHECK_NO_FAULT(load_es(usable[i]));
        CHECK_EQ(read_es(), usable[i]);
    }
    CHECK_NO_FAULT(load_es(0));
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        struct fault f = load_es(hidden[i]);

        CHECK(f.vector == TRAP_GP, "selector %x: vector %d", hidden[i], f.vector);
        CHECK_EQ(f.error_code, hidden[i] & ~3);
    }
}

TEST("reserved_selectors_are_gp", "of the hypervisor's selectors only the flat ring 3 ones load")
{
    check();
    CHECK_RC(set_gdt_page(gdt_page(), GDT_PAGE_ENTRIES), 0);
    check();
}
