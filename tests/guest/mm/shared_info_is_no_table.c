/* SPDX-License-Identifier: MIT */
/* shared_info is the domain's, though the hypervisor's: mapped writable, but never a table. */
#include "tables.h"

TEST("shared_info_is_no_table",
     "shared_info maps writable any number of times and cannot be pinned")
{
    unsigned long mfn = start_info->shared_info >> PAGE_SHIFT;
    shared_info_t *a = map_frames(mfn, 1, PROT_RW), *b = map_frames(mfn, 1, PROT_RO);

    a->evtchn_mask[5] = PATTERN;
    CHECK_EQ(b->evtchn_mask[5], PATTERN);
    for (unsigned int level = 0; level < 4; level++)
        CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE + level, mfn), -XEN_EINVAL);
}
