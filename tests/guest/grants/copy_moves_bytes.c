/* SPDX-License-Identifier: MIT */
/* Copies with each side a grant or a frame: exactly the bytes asked for, and no use left behind. */
#include "copy.h"

#define N 64

static void check_copied(const volatile void *page, unsigned int at, const char *what)
{
    const volatile uint8_t *p = page;

    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        unsigned int wanted = i >= at && i < at + N ? 0x40 + i - at : 0xee;

        CHECK(p[i] == wanted, "%s: byte %u is %x, not %x", what, i, p[i], wanted);
    }
}

TEST("copy_moves_bytes",
     "a grant copy moves its bytes, and nothing else, between grants and frames")
{
    struct offer from = offer(0, GTF_readonly), to = offer(0, 0);

    for (unsigned int i = 0; i < N; i++)
        ((volatile uint8_t *)from.page)[100 + i] = (uint8_t)(0x40 + i);
    memset((void *)to.page, 0xee, PAGE_SIZE);
    CHECK_RC(copy(by_ref(from.ref, 100), by_page(to.page, 7), N, FROM_REF), GNTST_okay);
    check_copied(to.page, 7, "grant to frame");
    memset((void *)to.page, 0xee, PAGE_SIZE);
    CHECK_RC(copy(by_page(from.page, 100), by_ref(to.ref, PAGE_SIZE - N), N, TO_REF), GNTST_okay);
    check_copied(to.page, PAGE_SIZE - N, "frame to grant");
    memset((void *)to.page, 0xee, PAGE_SIZE);
    CHECK_RC(copy(by_ref(from.ref, 100), by_ref(to.ref, 0), N, FROM_REF | TO_REF), GNTST_okay);
    check_copied(to.page, 0, "grant to grant");
    memset((void *)to.page, 0xee, PAGE_SIZE);
    CHECK_RC(copy(by_page(from.page, 100), by_page(to.page, 1000), N, 0), GNTST_okay);
    check_copied(to.page, 1000, "frame to frame");
    CHECK_EQ(entry_flags(from.ref), GTF_permit_access | GTF_readonly);
    CHECK_EQ(entry_flags(to.ref), GTF_permit_access);
}
