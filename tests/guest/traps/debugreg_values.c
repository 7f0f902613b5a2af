/* SPDX-License-Identifier: MIT */
/*
 * What set_debugreg takes and what get_debugreg gives back: addresses are the guest's and
 * canonical, DR4 and DR5 are DR6 and DR7 until the guest sets CR4.DE, constant bits are corrected,
 * and I/O breakpoints, GD and the reserved bits of DR7 are refused. [EMU-8]
 */
#include "harness.h"

#define CR4_DE 8ul

static void addresses(void)
{
    CHECK_RC(hypercall_set_debugreg(0, 0x1234), 0);
    CHECK_RC(hypercall_get_debugreg(0), 0x1234);
    CHECK_RC(hypercall_set_debugreg(3, ~0ul), 0);
    CHECK_RC(hypercall_get_debugreg(3), -1);
    CHECK_RC(hypercall_set_debugreg(0, HYPERVISOR_VIRT_END), 0);
    CHECK_RC(hypercall_get_debugreg(0), HYPERVISOR_VIRT_END);
    CHECK_RC(hypercall_set_debugreg(0, 0x7fffffffffff), 0);

    CHECK_RC(hypercall_set_debugreg(0, 0x800000000000), -XEN_EPERM);
    CHECK_RC(hypercall_set_debugreg(0, 0xffff7fffffffffff), -XEN_EPERM);
    CHECK_RC(hypercall_set_debugreg(0, HYPERVISOR_VIRT_START), -XEN_EPERM);
    CHECK_RC(hypercall_set_debugreg(0, HYPERVISOR_VIRT_END - 1), -XEN_EPERM);
    CHECK_RC(hypercall_get_debugreg(0), 0x7fffffffffff);

    CHECK_RC(hypercall_set_debugreg(8, 0), -XEN_ENODEV);
    CHECK_RC(hypercall_get_debugreg(8), -XEN_ENODEV);
    CHECK_RC(hypercall_set_debugreg(-1, 0), -XEN_ENODEV);
    CHECK_RC(hypercall_get_debugreg(-1), -XEN_ENODEV);
}

static void status(void)
{
    CHECK_RC(hypercall_get_debugreg(6), 0xffff0ff0);
    CHECK_RC(hypercall_set_debugreg(6, 0), 0);
    CHECK_RC(hypercall_get_debugreg(6), 0xffff0ff0);
    CHECK_RC(hypercall_set_debugreg(6, 0xffffffff), 0);
    CHECK_RC(hypercall_get_debugreg(6), 0xffffefff);
    CHECK_RC(hypercall_set_debugreg(6, 1ul << 32), -XEN_EINVAL);
    CHECK_RC(hypercall_get_debugreg(6), 0xffffefff);
    CHECK_RC(hypercall_set_debugreg(6, 0), 0);
}

static void control(void)
{
    CHECK_RC(hypercall_get_debugreg(7), 0x400);
    CHECK_RC(hypercall_set_debugreg(7, 0x55), 0);
    CHECK_RC(hypercall_get_debugreg(7), 0x455);
    CHECK_RC(hypercall_set_debugreg(7, 0x2000), -XEN_EPERM);
    CHECK_RC(hypercall_set_debugreg(7, 0xf000), -XEN_EPERM);
    CHECK_RC(hypercall_set_debugreg(7, 0x20001), -XEN_EPERM);
    CHECK_RC(hypercall_set_debugreg(7, 1ul << 32), -XEN_EINVAL);
    CHECK_RC(hypercall_get_debugreg(7), 0x455);
    /* Breakpoint 0 is on I/O, but is not enabled; and one of 4 bytes on execution. */
    CHECK_RC(hypercall_set_debugreg(7, 0x20000), 0);
    CHECK_RC(hypercall_get_debugreg(7), 0x20400);
    CHECK_RC(hypercall_set_debugreg(7, 0x40001), 0);
    CHECK_RC(hypercall_get_debugreg(7), 0x40401);
    CHECK_RC(hypercall_set_debugreg(7, 0), 0);
    CHECK_RC(hypercall_get_debugreg(7), 0x400);
}

static void aliases(void)
{
    CHECK_RC(hypercall_set_debugreg(4, 0x8000), 0);
    CHECK_RC(hypercall_get_debugreg(6), 0xffff8ff0);
    CHECK_RC(hypercall_get_debugreg(4), 0xffff8ff0);
    CHECK_RC(hypercall_set_debugreg(5, 0x100), 0);
    CHECK_RC(hypercall_get_debugreg(7), 0x500);
    CHECK_RC(hypercall_get_debugreg(5), 0x500);

    asm volatile("mov %0, %%cr4" : : "r"(CR4_DE));
    CHECK_RC(hypercall_set_debugreg(4, 0), -XEN_ENODEV);
    CHECK_RC(hypercall_set_debugreg(5, 0), -XEN_ENODEV);
    CHECK_RC(hypercall_get_debugreg(4), -XEN_ENODEV);
    CHECK_RC(hypercall_get_debugreg(5), -XEN_ENODEV);
    /* With DE an I/O breakpoint is one. */
    CHECK_RC(hypercall_set_debugreg(7, 0x20001), 0);
    CHECK_RC(hypercall_get_debugreg(7), 0x20401);
}

TEST("debugreg_values_checked", "set_debugreg refuses bad addresses and bits and corrects others")
{
    addresses();
    status();
    control();
    aliases();
}
