/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=dom0_max_vcpus=2 */
/*
 * A vCPU holds a selector whose descriptor then goes. Nothing is wrong until the vCPU is switched
 * away and back: the selector cannot be loaded again. The kernel hears of it by the failsafe
 * callback, whose frame holds ds, es, fs, gs as they were; the register itself is then null.
 * [TRAP-8] */
#include "../calls/twovcpus.h"
#include "catch.h"

#define DATA_DESCRIPTOR 0x00cff3000000ffff
#define SELECTOR (1 << 3 | 3)

static uint64_t *gdt;

static void lose_segment(void *arg)
{
    (void)arg;
    asm volatile("mov %0, %%es" : : "r"(SELECTOR));
    CHECK_RC(hypercall_update_descriptor(va_to_maddr(&gdt[1]), 0), 0);
    for (int i = 0; i < 20; i++)
        turns_wait();
}

TEST("failsafe_on_lost_segment", "a selector that cannot be loaded again gives a failsafe callback")
{
    struct callback_register cb = {
        .type = CALLBACKTYPE_failsafe,
        .flags = CALLBACKF_mask_events,
        .address = (unsigned long)catch_entry,
    };
    unsigned long frame;
    unsigned int es;

    gdt = page_alloc();
    gdt[1] = DATA_DESCRIPTOR;
    frame = va_to_mfn(gdt);
    MUST(page_set_ro(gdt));
    CHECK_RC(hypercall_set_gdt(&frame, 512), 0);
    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, &cb), 0);

    turns_start(NULL);
    CHECK(catch_run(lose_segment, NULL), "the lost segment was not noticed");
    asm volatile("mov %%es, %0" : "=r"(es));
    CHECK(!events_enabled(), "the callback's flag does not mask events");
    events_enable();
    turns_stop();

    /* rcx r11 ds es fs gs rip cs rflags rsp ss */
    CHECK_EQ(caught.slot[3], SELECTOR);
    CHECK_EQ(caught.slot[2], 0);
    CHECK_EQ(caught.slot[4], 0);
    CHECK_EQ(caught.slot[5], 0);
    CHECK_EQ(caught.slot[7], FLAT_KERNEL_CS & ~3);
    CHECK_EQ(caught.slot[10], FLAT_KERNEL_SS);
    CHECK_EQ(caught.rsp, (caught.slot[9] & ~15ul) - 11 * 8);
    CHECK_EQ(es, 0);
}
