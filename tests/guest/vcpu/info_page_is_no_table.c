/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor writes to a registered vcpu_info: its page must not become a page table, nor be
 * read-only for the guest's sake, and its frame must not go away. [VCPU-3]
 */
#include "harness.h"

TEST("info_page_is_no_table", "the page of a registered vcpu_info cannot be pinned as a table")
{
    char *page = page_alloc();
    unsigned long mfn = va_to_mfn(page);
    struct vcpu_register_vcpu_info op = {.mfn = mfn};

    REQUIRE(page_set_ro(page) == 0, "cannot make a page read-only");
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &op), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);

    /* Events stay masked, as the mask moved along: the library goes on with the old place. */
    events_disable();
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &op), 0);
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, mfn), -XEN_EINVAL);
}
