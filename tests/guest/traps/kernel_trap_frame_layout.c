/* SPDX-License-Identifier: MIT */
/*
 * The words of a trap in kernel mode as the hypervisor writes them: on the current stack, not on
 * kernel_sp, its end aligned down to 16. cs shows RPL 0 although the code runs in ring 3, and the
 * slot's upper half holds the upcall mask as it was; rflags shows it as IF, and IOPL 0. ss is as
 * loaded. The handler runs with flat selectors, IF set and IOPL 0; DF stays as it was. [TRAP-1]
 */
#include "catch.h"

static void trap_misaligned(void *arg)
{
    (void)arg;
    asm volatile("sub $24, %%rsp\n\t"
                 "mov $0x1111, %%r11d\n\t"
                 "mov $0x2222, %%ecx\n\t"
                 "stc\n\t"
                 "std\n\t"
                 "mov $0x3333, %%eax\n\t"
                 "mov %%rsp, %%rbx\n"
                 "1: .byte 0x0f, 0x0b\n\t" ::
                     : "rax", "rbx", "rcx", "r11", "memory");
}

static void check(unsigned int mask)
{
    unsigned long rsp = caught.slot[CAUGHT_RSP];

    CHECK_EQ(caught.slot[CAUGHT_RCX], 0x2222);
    CHECK_EQ(caught.slot[CAUGHT_R11], 0x1111);
    CHECK_EQ(*(const uint16_t *)caught.slot[CAUGHT_RIP], 0x0b0f);
    CHECK_EQ(caught.slot[CAUGHT_CS], (uint64_t)mask << 32 | (FLAT_KERNEL_CS & ~3));
    CHECK_EQ(caught.slot[CAUGHT_RFLAGS] & (RFLAGS_IF | RFLAGS_IOPL | RFLAGS_CF | RFLAGS_DF),
             (mask ? 0 : RFLAGS_IF) | RFLAGS_CF | RFLAGS_DF);
    CHECK_EQ(caught.slot[CAUGHT_SS], FLAT_KERNEL_SS);
    CHECK_EQ(caught.rsp, (rsp & ~15ul) - 7 * 8);
    CHECK_EQ(caught.rax, 0x3333);

    CHECK_EQ(caught.cs, FLAT_KERNEL_CS);
    CHECK_EQ(caught.ss, FLAT_KERNEL_SS);
    CHECK_EQ(caught.rflags & (RFLAGS_TF | RFLAGS_NT | RFLAGS_AC | RFLAGS_IOPL), 0);
    CHECK_EQ(caught.rflags & (RFLAGS_IF | RFLAGS_DF), RFLAGS_IF | RFLAGS_DF);
}

TEST("kernel_trap_frame_layout", "a trap in kernel mode pushes seven words onto the current stack")
{
    static char other_stack[512] __attribute__((aligned(16)));

    CHECK_RC(hypercall_stack_switch(FLAT_KERNEL_SS, (unsigned long)other_stack + 256), 0);
    catch_vector(TRAP_UD, TI_MASK_EVENTS);

    CHECK(catch_run(trap_misaligned, NULL), "ud2 does not trap");
    CHECK(!events_enabled(), "the entry's flag does not mask events");
    check(0);

    CHECK(catch_run(trap_misaligned, NULL), "ud2 does not trap");
    check(1);
}
