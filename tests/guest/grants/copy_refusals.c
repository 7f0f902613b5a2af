/* SPDX-License-Identifier: MIT */
/*
 * Copies from and to what the guest has no right to: other domains by frame, absent domains, unused
 * and impossible references, frames that do not exist, read-only grants and page tables to write.
 * [GNT-9] */
#include "copy.h"

TEST("copy_refusals", "a grant copy reads and writes only what was granted or is one's own")
{
    struct offer a = offer(0x11, 0), b = offer(0x22, 0), ro = offer(0x33, GTF_readonly);
    struct gnttab_copy_ptr from = by_ref(a.ref, 0), to = by_page(b.page, 0), bad;

    bad = from;
    bad.domid = NO_DOMID;
    CHECK_RC(copy(bad, to, 8, FROM_REF), GNTST_bad_domain);
    bad = to;
    bad.domid = OWN_DOMID;
    CHECK_RC(copy(from, bad, 8, FROM_REF), GNTST_permission_denied);
    bad.domid = NO_DOMID;
    CHECK_RC(copy(from, bad, 8, FROM_REF), GNTST_bad_domain);
    CHECK_RC(copy(by_ref(grant_alloc(), 0), to, 8, FROM_REF), GNTST_general_error);
    CHECK_RC(copy(by_ref(1u << 20, 0), to, 8, FROM_REF), GNTST_bad_gntref);
    CHECK_RC(copy(from, by_ref(ro.ref, 0), 8, FROM_REF | TO_REF), GNTST_general_error);
    bad = to;
    bad.u.gmfn = 1ul << 40;
    CHECK_RC(copy(from, bad, 8, FROM_REF), GNTST_bad_page);
    CHECK_RC(copy(bad, to, 8, 0), GNTST_bad_page);
    CHECK_EQ(*b.page, 0x22);
    CHECK_EQ(*ro.page, 0x33);
    CHECK_EQ(entry_flags(a.ref), GTF_permit_access);
    CHECK_EQ(entry_flags(ro.ref), GTF_permit_access | GTF_readonly);
}
