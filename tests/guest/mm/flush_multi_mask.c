/* SPDX-License-Identifier: MIT */
/* The _MULTI flushes take a bitmap of vCPUs from memory, in which unknown vCPUs do not matter. */
#include "tables.h"

static long multi(unsigned int cmd, const void *va, void *mask)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.linear_addr = (unsigned long)va};

    set_xen_guest_handle(op.arg2.vcpumask, mask);
    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

TEST("flush_multi_mask", "TLB_FLUSH_MULTI and INVLPG_MULTI read a mask, EINVAL if it is not there")
{
    static unsigned long masks[] = {0, 1, 2, ~0ul};
    void *hole = va_alloc(1);

    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        CHECK_RC(multi(MMUEXT_TLB_FLUSH_MULTI, NULL, &masks[i]), 0);
        CHECK_RC(multi(MMUEXT_INVLPG_MULTI, &masks[i], &masks[i]), 0);
    }
    CHECK_RC(multi(MMUEXT_TLB_FLUSH_MULTI, NULL, hole), -XEN_EINVAL);
    CHECK_RC(multi(MMUEXT_INVLPG_MULTI, hole, hole), -XEN_EINVAL);
    CHECK_RC(multi(MMUEXT_TLB_FLUSH_MULTI, NULL, NULL), -XEN_EINVAL);
    CHECK_RC(multi(MMUEXT_TLB_FLUSH_MULTI, NULL, (void *)0xffff830000000000ul), -XEN_EINVAL);
}
