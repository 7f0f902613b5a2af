/* SPDX-License-Identifier: MIT */
/* A platform_op of this interface version, ready to be filled in. */
#ifndef TEST_PLATFORM_H
#define TEST_PLATFORM_H

#include "harness.h"
#include <xen/platform.h>

static struct xen_platform_op op;

static inline long platform(uint32_t cmd)
{
    op.cmd = cmd;
    op.interface_version = XENPF_INTERFACE_VERSION;
    return hypercall_platform_op(&op);
}

#endif
