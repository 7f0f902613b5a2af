/* SPDX-License-Identifier: MIT */
/* The first use of an LDT page may be the iret to a stack selector there: it comes in as for any other use. */
#include "../traps/iretframe.h"
#include "gdt.h"

TEST("iret_brings_ldt_in", "iret to a selector of an LDT page not used before arrives")
{
    uint64_t *ldt = page_alloc();
    struct mmuext_op op = {
        .cmd = MMUEXT_SET_LDT,
        .arg1.linear_addr = (unsigned long)ldt,
        .arg2.nr_ents = 512,
    };
    struct iret_frame f = iret_good();

    ldt[1] = DESC_DATA;
    CHECK_RC(page_set_ro(ldt), 0);
    CHECK_RC(hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
    f.ss = LDT_SELECTOR(1);
    CHECK_NO_FAULT(iret_run(&f));
    CHECK_EQ(iret_landed.ss, LDT_SELECTOR(1));
}
