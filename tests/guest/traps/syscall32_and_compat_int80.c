/* SPDX-License-Identifier: MIT */
/*
 * 32-bit code in user mode, with the flat 32-bit selector that is always there: int 0x80 comes with
 * that cs, and syscall to the syscall32 callback, or as #UD when there is none. Only AMD's
 * processors have syscall in 32-bit code. [TRAP-6]
 */
#include "catch.h"
#include "usercode.h"

/* 32-bit: nothing here differs in encoding. */
USER_CODE(compat, "mov $0x1234, %eax\n\tint $0x80\n\t.balign 16\n\tsyscall\n\tud2\n");

static struct user u;

static void run(unsigned int at)
{
    u.regs.rip = USER_BASE + at;
    u.regs.rsp = USER_STACK;
    u.regs.cs = FLAT_USER_CS32;
    user_run(&u.as, &u.regs);
}

static void enter(void *arg)
{
    (void)arg;
    run(16);
}

TEST("compat_user_enters_kernel", "int 0x80 and syscall of 32-bit user code reach their entries")
{
    struct callback_register cb = {
        .type = CALLBACKTYPE_syscall32,
        .flags = CALLBACKF_mask_events,
        .address = (unsigned long)catch_entry,
    };
    uint32_t r[4];

    u = user_make(compat_begin, compat_end);
    run(0);
    CHECK_EQ(u.regs.vector, TRAP_INT80);
    CHECK_EQ(u.regs.rip, USER_BASE + 7);
    CHECK_EQ(u.regs.rax, 0x1234);
    CHECK_EQ(u.regs.cs, FLAT_USER_CS32);

    native_cpuid(0, 0, r);
    if (memcmp(&r[1], "Auth", 4) != 0)
        SKIP("syscall in 32-bit code needs an AMD processor");
    run(16);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rip, USER_BASE + 16);
    CHECK_EQ(u.regs.cs, FLAT_USER_CS32);

    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, &cb), 0);
    CHECK(catch_run(enter, NULL), "no syscall");
    CHECK_EQ(caught.slot[CAUGHT_RIP], USER_BASE + 18);
    CHECK_EQ(caught.slot[CAUGHT_CS], FLAT_USER_CS32);
    CHECK_EQ(caught.slot[CAUGHT_SS], FLAT_USER_SS32);
    CHECK_EQ(caught.slot[CAUGHT_RSP], USER_STACK);
    CHECK(!events_enabled(), "events are enabled in the callback");
}
