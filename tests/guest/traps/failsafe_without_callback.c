/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=dom0_max_vcpus=2 */
/*
 * A selector that cannot be loaded again, and no failsafe callback to tell it to. Xen, which kills
 * a guest without an event callback, here goes to address 0 all the same: a page fault of the
 * guest. [TRAP-8]
 */
#include "../calls/twovcpus.h"
#include "../segments/gdt.h"
#include "catch.h"

static uint64_t *gdt;

static void lose_segment(void *arg)
{
    (void)arg;
    CHECK_NO_FAULT(load_es(SELECTOR(1)));
    turns_wait();
    CHECK_EQ(read_es(), SELECTOR(1));
    CHECK_RC(set_desc(&gdt[1], 0), 0);
    for (int i = 0; i < 20; i++)
        turns_wait();
}

TEST("failsafe_without_callback_goes_to_0",
     "a lost segment without failsafe callback runs address 0")
{
    struct callback_register cb = {.type = CALLBACKTYPE_failsafe};

    gdt = gdt_page();
    CHECK_RC(set_gdt_page(gdt, GDT_PAGE_ENTRIES), 0);
    CHECK_RC(set_desc(&gdt[1], DESC_DATA), 0);
    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, &cb), 0);
    catch_vector(TRAP_PF, TI_MASK_EVENTS);
    turns_start(NULL);
    CHECK(catch_run(lose_segment, NULL), "the lost segment was not noticed");
    turns_over = true;
    CHECK_EQ(caught.slot[2], PF_FETCH);
    CHECK_EQ(caught.slot[CAUGHT_RIP + 1], 0);
    CHECK_EQ(caught.slot[CAUGHT_CS + 1] & 0xffff, FLAT_KERNEL_CS & ~3);
    CHECK_EQ(read_es(), 0);
}
