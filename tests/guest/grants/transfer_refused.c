/* SPDX-License-Identifier: MIT */
/* Transfers of frames that do not exist, are in use, or are another's: the frame stays. */
#include "self.h"

static int transfer(unsigned long mfn, domid_t dom, grant_ref_t ref)
{
    struct gnttab_transfer op = {.mfn = mfn, .domid = dom, .ref = ref, .status = 99};

    MUST(hypercall_grant_table_op(GNTTABOP_transfer, &op, 1));
    return op.status;
}

TEST("transfer_refused", "a frame that is in use or is not the domain's cannot be transferred")
{
    struct offer o = offer(0x55, 0);

    CHECK_RC(transfer(1ul << 40, OWN_DOMID, o.ref), GNTST_bad_page);
    CHECK_RC(transfer(va_to_mfn(o.page), OWN_DOMID, o.ref), GNTST_bad_page);
    CHECK_RC(transfer(kernel_aspace.l4_mfn, OWN_DOMID, o.ref), GNTST_bad_page);
    CHECK_RC(transfer(start_info->shared_info >> PAGE_SHIFT, OWN_DOMID, o.ref), GNTST_bad_page);
    CHECK_EQ(*o.page, 0x55);
}
