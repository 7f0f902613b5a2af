/* SPDX-License-Identifier: MIT */
/* Sleep states that make no sense are refused, and the machine goes on. [PLT-3] */
#include "platform.h"

#define SLEEP_ENABLE 0x2000

static long sleep_to(uint32_t state, uint16_t a, uint16_t b, uint32_t flags)
{
    op.u.enter_acpi_sleep =
        (struct xenpf_enter_acpi_sleep){.val_a = a, .val_b = b, .sleep_state = state, .flags = flags};
    return platform(XENPF_enter_acpi_sleep);
}

TEST("sleep_refusals", "enter_acpi_sleep refuses values that do not fit together")
{
    CHECK_RC(sleep_to(5, SLEEP_ENABLE, 1, 0), -XEN_EINVAL);
    CHECK_RC(sleep_to(5, 0, SLEEP_ENABLE, 0), -XEN_EINVAL);
    CHECK_RC(sleep_to(5, SLEEP_ENABLE, 0, 2), -XEN_EINVAL);
    CHECK_RC(sleep_to(5, 0, 0, XENPF_ACPI_SLEEP_EXTENDED), -XEN_EPERM);
    CHECK_RC(sleep_to(0, SLEEP_ENABLE, 0, 0), -XEN_EINVAL);
    CHECK_RC(sleep_to(6, SLEEP_ENABLE, 0, 0), -XEN_EINVAL);
}
