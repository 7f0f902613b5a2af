/* SPDX-License-Identifier: MIT */
/* expand_array takes 128 pages, each a frame of the domain that may be written. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_array_limits", "expand_array: EINVAL for frames that will not do, ENOSPC after 128 pages")
{
    void *table = page_alloc();

    REQUIRE(page_set_ro(table) == 0, "cannot make a page read-only");
    REQUIRE(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(table)) == 0, "cannot pin");
    events_disable();
    CHECK_RC(fifo_expand_array(1ul << 40), -XEN_EOPNOTSUPP);
    fifo_start(1);
    CHECK_RC(fifo_expand_array(1ul << 40), -XEN_EINVAL);
    CHECK_RC(fifo_expand_array(~0ul), -XEN_EINVAL);
    CHECK_RC(fifo_expand_array(va_to_mfn(table)), -XEN_EINVAL);
    for (unsigned int i = 0; i < FIFO_PAGES; i++)
        fifo_expand();
    CHECK_RC(fifo_expand_array(va_to_mfn(page_alloc())), -XEN_ENOSPC);
    CHECK_RC(fifo_expand_array(1ul << 40), -XEN_ENOSPC);
}
