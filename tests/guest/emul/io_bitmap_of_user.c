/* SPDX-License-Identifier: MIT */
/* User mode may use the ports whose bits are clear in the map of set_iobitmap, or all at IOPL 3. */
#include "../traps/usercode.h"

USER_CODE(io, "in $0x71, %al\n\tud2\n");

static struct user u;
static uint8_t bitmap[8192];

static void run(unsigned int vector)
{
    u.regs.rip = USER_BASE;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, vector);
}

TEST("io_bitmap_of_user", "set_iobitmap and IOPL 3 let user mode use ports")
{
    struct physdev_set_iobitmap map = {.nr_ports = 0x100};
    struct physdev_set_iopl iopl = {.iopl = 3};
    long rc;

    memset(bitmap, 0xff, sizeof(bitmap));
    set_xen_guest_handle(map.bitmap, bitmap);
    u = user_make(io_begin, io_end);
    run(TRAP_GP);

    rc = hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &map);
    if (rc == -XEN_ENOSYS)
        SKIP("no set_iobitmap");
    CHECK_RC(rc, 0);
    run(TRAP_GP);
    bitmap[0x71 / 8] &= (uint8_t) ~(1u << (0x71 % 8));
    run(TRAP_UD);
    /* The map ends before the port. */
    map.nr_ports = 0x71;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &map), 0);
    run(TRAP_GP);
    map.nr_ports = 65537;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &map), -XEN_EINVAL);
    map.nr_ports = 0;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &map), 0);

    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
    run(TRAP_UD);
    iopl.iopl = 2;
    CHECK_RC(hypercall_physdev_op(PHYSDEVOP_set_iopl, &iopl), 0);
    run(TRAP_GP);
}
