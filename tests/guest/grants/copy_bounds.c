/* SPDX-License-Identifier: MIT */
/* Copies that leave a page at either end, by one byte and by far; and the largest that does not. */
#include "copy.h"

TEST("copy_bounds", "a grant copy that would leave a page copies nothing")
{
    struct offer a = offer(0x11, 0), b = offer(0x22, 0);
    struct gnttab_copy_ptr from = by_ref(a.ref, 0), to = by_page(b.page, 0);

    CHECK_RC(copy(by_ref(a.ref, 1), to, PAGE_SIZE, FROM_REF), GNTST_bad_copy_arg);
    CHECK_RC(copy(from, by_page(b.page, 1), PAGE_SIZE, FROM_REF), GNTST_bad_copy_arg);
    CHECK_RC(copy(from, to, PAGE_SIZE + 1, FROM_REF), GNTST_bad_copy_arg);
    CHECK_RC(copy(from, to, 0xffff, FROM_REF), GNTST_bad_copy_arg);
    CHECK_RC(copy(by_ref(a.ref, 0xffff), to, 1, FROM_REF), GNTST_bad_copy_arg);
    CHECK_RC(copy(from, by_page(b.page, 0xffff), 0xffff, FROM_REF), GNTST_bad_copy_arg);
    CHECK_RC(copy(by_ref(a.ref, PAGE_SIZE), to, 1, FROM_REF), GNTST_bad_copy_arg);
    CHECK_EQ(*b.page, 0x22);
    CHECK_EQ(entry_flags(a.ref), GTF_permit_access);

    CHECK_RC(copy(by_ref(a.ref, PAGE_SIZE), to, 0, FROM_REF), GNTST_okay);
    CHECK_RC(copy(from, to, 0, FROM_REF), GNTST_okay);
    CHECK_EQ(*b.page, 0x22);
    CHECK_RC(copy(from, to, PAGE_SIZE, FROM_REF), GNTST_okay);
    CHECK_EQ(*b.page, 0x11);
}
