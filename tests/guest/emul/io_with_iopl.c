/* SPDX-License-Identifier: MIT */
/*
 * With set_iopl 1 the first domain's kernel does port I/O, by emulation: ports of the hypervisor's
 * own devices read as all ones and swallow writes, others work. cli and sti then do nothing.
 * [EMU-3] */
#include "harness.h"

static unsigned int in(unsigned int port, int size)
{
    unsigned int value = 0x11111111;
    struct fault f;

    if (size == 1)
        f = TRY_ASM("in %%dx, %%al", : "+a"(value) : "d"(port));
    else if (size == 2)
        f = TRY_ASM("in %%dx, %%ax", : "+a"(value) : "d"(port));
    else
        f = TRY_ASM("in %%dx, %%eax", : "+a"(value) : "d"(port));
    CHECK_NO_FAULT(f);
    return value;
}

static void out(unsigned int port, unsigned int value)
{
    CHECK_NO_FAULT(TRY_ASM("out %%al, %%dx", : : "a"(value), "d"(port)));
}

TEST("io_with_iopl", "with IOPL 1 the kernel reads ports, the hypervisor's as all ones")
{
    struct physdev_set_iopl op = {.iopl = 1};
    long rc = hypercall_physdev_op(PHYSDEVOP_set_iopl, &op);

    if (rc == -XEN_ENOSYS)
        SKIP("no set_iopl");
    CHECK_RC(rc, 0);

    /* The RTC's seconds: the index port keeps what was written. */
    out(0x70, 0x0d);
    CHECK_EQ(in(0x71, 1), 0x11111180);

    CHECK_EQ(in(0x20, 1), 0x111111ff);
    CHECK_EQ(in(0xa1, 1), 0x111111ff);
    CHECK_EQ(in(0x40, 1), 0x111111ff);
    CHECK_EQ(in(0x3fd, 1), 0x111111ff);
    CHECK_EQ(in(0x20, 2), 0x1111ffff);
    CHECK_EQ(in(0x20, 4), 0xffffffff);
    out(0x20, 0);

    CHECK_NO_FAULT(TRY_ASM("cli", :));
    CHECK(events_enabled(), "cli masked events");
    CHECK_NO_FAULT(TRY_ASM("sti", :));

    op.iopl = 4;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_set_iopl, &op), -XEN_EINVAL);
    op.iopl = 0;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_set_iopl, &op), 0);
    CHECK_FAULT(TRY_ASM("in $0x80, %%al", : : : "rax"), TRAP_GP);
}
