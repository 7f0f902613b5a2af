/* SPDX-License-Identifier: MIT */
/* The cs of a trap table entry means nothing: the handler runs with the flat kernel selector. */
#include "catch.h"

static void ud(void *arg)
{
    (void)arg;
    asm volatile("ud2");
}

TEST("trap_entry_cs_ignored", "handlers run with the flat kernel cs whatever their entry says")
{
    static const uint16_t selectors[] = {0, 0x10, 0x58, 0xe008, FLAT_USER_CS32};
    trap_info_t table[2] = {{.vector = TRAP_UD, .address = (unsigned long)catch_entry}};

    for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        table[0].cs = selectors[i];
        CHECK_RC(hypercall_set_trap_table(table), 0);
        CHECK(catch_run(ud, NULL), "ud2 does not trap");
        CHECK(caught.cs == FLAT_KERNEL_CS, "cs %lx for %x", caught.cs, selectors[i]);
        CHECK_EQ(caught.ss, FLAT_KERNEL_SS);
    }
}
