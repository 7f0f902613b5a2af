/* SPDX-License-Identifier: MIT */
/*
 * enter_acpi_sleep S5 with the PM1 value that QEMU's machines want ends the machine: what comes after it is never
 * printed, since a second result would make the run GARBLED. [PLT-3]
 */
#include "platform.h"

TEST("soft_off", "enter_acpi_sleep S5 switches the machine off at once")
{
    CHECK(true, "the result is printed before");
    printf("Test result: SUCCESS\n");
    op.u.enter_acpi_sleep = (struct xenpf_enter_acpi_sleep){.val_a = 0x2000, .sleep_state = 5};
    test_fail_rc(__LINE__, "enter_acpi_sleep", platform(XENPF_enter_acpi_sleep), 1);
}
