/* SPDX-License-Identifier: MIT */
/*
 * A trap in user mode, and a syscall, land on the stack that stack_switch named, whatever the
 * user's rsp is: here a hole. Its frame holds the user's rsp and ss. [TRAP-1]
 */
#include "catch.h"
#include "usercode.h"

USER_CODE(trap_and_call, "ud2\n\tstd\n\tsyscall\n\t");

/*
 * Xen 4.17.7 masks the handler's rflags with the low half of its frame's address, where it means to
 * clear DF alone: so the frames here lie where the address has DF's bit clear.
 */
static char stack[PAGE_SIZE] __attribute__((aligned(4096)));
static struct user u;
static unsigned int at;

/* user_run() by hand: the stack must be this one. */
static void enter(void *arg)
{
    unsigned long frame[9] = {
        0, 0, 0, 0, USER_BASE + at, FLAT_USER_CS64, RFLAGS_IF, 0xdead0000, FLAT_USER_SS64,
    };

    (void)arg;
    asm volatile("mov %0, %%rsp\n\t"
                 "mov %1, %%eax\n\t"
                 "syscall\n\t"
                 "ud2"
                 :
                 : "r"(frame), "i"(HYPERCALL_NR_iret)
                 : "memory");
}

static void check(unsigned int sp, unsigned long cs, unsigned long rip)
{
    unsigned long kernel_sp = (unsigned long)stack + 3072 + sp;

    CHECK_RC(hypercall_stack_switch(FLAT_KERNEL_SS, kernel_sp), 0);
    CHECK(catch_run(enter, NULL), "no trap");
    events_enable();
    CHECK_EQ(caught.rsp, (kernel_sp & ~15ul) - 7 * 8);
    CHECK_EQ(caught.slot[CAUGHT_RIP], rip);
    CHECK_EQ(caught.slot[CAUGHT_CS], cs);
    CHECK_EQ(caught.slot[CAUGHT_RSP], 0xdead0000);
    CHECK_EQ(caught.slot[CAUGHT_SS], FLAT_USER_SS64);
    CHECK_EQ(caught.cs, FLAT_KERNEL_CS);
    CHECK_EQ(caught.ss, FLAT_KERNEL_SS);
}

TEST("trap_from_user_on_kernel_sp", "traps and syscalls of user mode land on kernel_sp, aligned")
{
    struct callback_register cb = {
        .type = CALLBACKTYPE_syscall,
        .flags = CALLBACKF_mask_events,
        .address = (unsigned long)catch_entry,
    };

    u = user_make(trap_and_call_begin, trap_and_call_end);
    MUST(mmuext(MMUEXT_NEW_USER_BASEPTR, u.as.l4_mfn));
    catch_vector(TRAP_UD, TI_MASK_EVENTS);
    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, &cb), 0);

    check(0, FLAT_USER_CS64, USER_BASE);
    check(8, FLAT_USER_CS64, USER_BASE);
    check(1, FLAT_USER_CS64, USER_BASE);

    at = 2;
    check(0, FLAT_USER_CS64, USER_BASE + 5);
    check(9, FLAT_USER_CS64, USER_BASE + 5);
    /* As the instruction leaves them: rcx is rip, r11 is rflags; DF is off for the kernel. */
    CHECK_EQ(caught.slot[CAUGHT_RCX], USER_BASE + 5);
    CHECK_EQ(caught.slot[CAUGHT_R11], caught.slot[CAUGHT_RFLAGS]);
    CHECK(caught.slot[CAUGHT_RFLAGS] & RFLAGS_DF, "DF is not in the frame");
    CHECK_EQ(caught.rflags & RFLAGS_DF, 0);
}
