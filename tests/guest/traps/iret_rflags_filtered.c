/* SPDX-License-Identifier: MIT */
/*
 * Bits of rflags that iret does not give to the guest: IOPL, VM, VIF, VIP, a clear IF. Bits that it
 * does: the arithmetic ones, DF, NT, AC, ID, all of which popf gives as well. [TRAP-10]
 */
#include "iretframe.h"

#define RFLAGS_VM 0x20000ul
#define RFLAGS_VIF 0x80000ul
#define RFLAGS_VIP 0x100000ul
#define RFLAGS_ID 0x200000ul
#define RFLAGS_ARITHMETIC 0x8d5ul

static unsigned long land(unsigned long rflags)
{
    struct iret_frame f = iret_good();
    struct fault r;

    f.rflags = rflags;
    r = iret_run(&f);
    CHECK_NO_FAULT(r);
    return iret_landed.rflags;
}

TEST("iret_rflags_filtered", "iret drops IOPL and VM, keeps IF set, and passes the rest")
{
    CHECK_EQ(land(RFLAGS_IF), RFLAGS_IF | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_ARITHMETIC), RFLAGS_IF | RFLAGS_ARITHMETIC | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_DF), RFLAGS_IF | RFLAGS_DF | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_AC), RFLAGS_IF | RFLAGS_AC | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_ID), RFLAGS_IF | RFLAGS_ID | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_IOPL), RFLAGS_IF | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_NT), RFLAGS_IF | RFLAGS_NT | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_VM), RFLAGS_IF | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_VIF), RFLAGS_IF | 2);
    CHECK_EQ(land(RFLAGS_IF | RFLAGS_VIP), RFLAGS_IF | 2);
    CHECK_EQ(land(0), RFLAGS_IF | 2);
    CHECK(!events_enabled(), "events are enabled although IF was clear");
    CHECK_EQ(land(0xffffffff & ~RFLAGS_TF),
             RFLAGS_ARITHMETIC | RFLAGS_IF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID | 2);
}
