/* SPDX-License-Identifier: MIT */
/* Stands in for core/mmio.c: no page is read-only. */
#include "core/mmio.h"

bool mmio_is_readonly(uint64_t mfn)
{
    (void)mfn;
    return false;
}
