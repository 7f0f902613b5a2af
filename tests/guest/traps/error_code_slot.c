/* SPDX-License-Identifier: MIT */
/*
 * Exceptions with an error code have one more word below rip; the stack is aligned before the
 * frame, so the frame then begins 8 bytes lower. Shown by #GP. [TRAP-1]
 */
#include "catch.h"

static void load_bad_selector(void *arg)
{
    (void)arg;
    asm volatile("mov $0x2222, %%ecx\n\t"
                 "mov $0x1111, %%r11d\n\t"
                 "mov %0, %%es" ::"r"(0x68)
                 : "rcx", "r11", "memory");
}

TEST("error_code_slot_below_rip", "#GP pushes its error code between r11 and rip")
{
    catch_vector(TRAP_GP, TI_MASK_EVENTS);
    CHECK(catch_run(load_bad_selector, NULL), "a selector beyond the GDT can be loaded");
    CHECK_EQ(caught.slot[0], 0x2222);
    CHECK_EQ(caught.slot[1], 0x1111);
    CHECK_EQ(caught.slot[2], 0x68);
    CHECK_EQ(caught.slot[CAUGHT_CS + 1], FLAT_KERNEL_CS & ~3);
    CHECK_EQ(caught.slot[CAUGHT_SS + 1], FLAT_KERNEL_SS);
    CHECK_EQ(caught.rsp, (caught.slot[CAUGHT_RSP + 1] & ~15ul) - 8 * 8);
}
