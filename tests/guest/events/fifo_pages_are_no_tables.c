/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor writes to control blocks and words: their frames must not become page tables. After a
 * reset they may.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_pages_are_no_tables", "FIFO pages cannot be pinned as tables until reset lets them go")
{
    void *control, *array;

    events_disable();
    fifo_start(1);
    fifo_expand();
    control = fifo_control(0);
    array = (void *)fifo_word(0);
    memset(array, 0, PAGE_SIZE);
    REQUIRE(page_set_ro(control) == 0 && page_set_ro(array) == 0, "cannot make pages read-only");
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(control)), -XEN_EINVAL);
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(array)), -XEN_EINVAL);
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_reset, &(struct evtchn_reset){.dom = DOMID_SELF}), 0);
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(control)), 0);
    CHECK_RC(mmuext(MMUEXT_PIN_L1_TABLE, va_to_mfn(array)), 0);
}
