/* SPDX-License-Identifier: MIT */
/* EOI of interrupts that are mapped, are not, and cannot be. */
#include "pirqs.h"

TEST("eoi", "EOI wants a number that was mapped")
{
    CHECK_RC(eoi(NO_PIRQ), -XEN_EINVAL);
    CHECK_RC(eoi(~0u), -XEN_EINVAL);
    CHECK_RC(eoi(FREE_GSI), -XEN_EINVAL);
    MUST(map_gsi(FREE_GSI, FREE_GSI));
    CHECK_RC(eoi(FREE_GSI), 0);
    MUST(evtchn_bind_pirq(FREE_GSI, false));
    CHECK_RC(eoi(FREE_GSI), 0);
}
