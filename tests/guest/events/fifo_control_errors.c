/* SPDX-License-Identifier: MIT */
/* init_control with places where a control block cannot be. */
#include "fifo.h"
#include "ports.h"

TEST("fifo_control_errors", "init_control: ENOENT for no vCPU, EINVAL for a bad place and the second time")
{
    unsigned long mfn = va_to_mfn(page_alloc()), table = va_to_mfn(page_alloc());

    REQUIRE(page_set_ro(mfn_to_va(table)) == 0, "cannot make a page read-only");
    REQUIRE(mmuext(MMUEXT_PIN_L1_TABLE, table) == 0, "cannot pin");
    events_disable();
    CHECK_RC(fifo_init_control(~0u, mfn, 0), -XEN_ENOENT);
    CHECK_RC(fifo_init_control(1000, mfn, 4), -XEN_ENOENT);
    CHECK_RC(fifo_init_control(0, mfn, 1), -XEN_EINVAL);
    CHECK_RC(fifo_init_control(0, mfn, PAGE_SIZE - 64), -XEN_EINVAL);
    CHECK_RC(fifo_init_control(0, mfn, ~7u), -XEN_EINVAL);
    CHECK_RC(fifo_init_control(0, ~0ul, 0), -XEN_EINVAL);
    CHECK_RC(fifo_init_control(0, table, 0), -XEN_EINVAL);
    /* None of them made the domain a FIFO one. */
    CHECK_RC(fifo_expand_array(mfn), -XEN_EOPNOTSUPP);
    CHECK_RC(fifo_init_control(0, mfn, PAGE_SIZE - 72), 0);
    CHECK_RC(fifo_init_control(0, mfn, 0), -XEN_EINVAL);
}
