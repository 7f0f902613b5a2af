/* SPDX-License-Identifier: MIT */
/*
 * stack_switch remembers a stack for the next trap of user mode and looks at nothing: any address,
 * any selector. ss of the handler is the flat one whatever the selector was.
 */
#include "../traps/catch.h"
#include "../traps/usercode.h"

USER_CODE(trap, "ud2\n");

static struct user u;
static char stack[512] __attribute__((aligned(16)));
static unsigned long selector;

static void enter(void *arg)
{
    unsigned long frame[9] = {
        0, 0, 0, 0, USER_BASE, FLAT_USER_CS64, RFLAGS_IF, USER_STACK, FLAT_USER_SS64,
    };

    (void)arg;
    CHECK_RC(hypercall_stack_switch(selector, (unsigned long)stack + 256), 0);
    asm volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall"
                 :
                 : "r"(frame), "i"(HYPERCALL_NR_iret)
                 : "memory");
}

TEST("stack_switch_takes_anything", "stack_switch never fails, and its ss means nothing")
{
    static const unsigned long selectors[] = {0, 0x10, 0x58, 0xe010, FLAT_KERNEL_SS, ~0ul};

    CHECK_RC(hypercall_stack_switch(0, 0), 0);
    CHECK_RC(hypercall_stack_switch(FLAT_KERNEL_SS, 0x8000000000000000), 0);
    CHECK_RC(hypercall_stack_switch(FLAT_KERNEL_SS, HYPERVISOR_VIRT_START), 0);
    CHECK_RC(hypercall_stack_switch(~0ul, ~0ul), 0);

    u = user_make(trap_begin, trap_end);
    MUST(mmuext(MMUEXT_NEW_USER_BASEPTR, u.as.l4_mfn));
    catch_vector(TRAP_UD, 0);
    for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        selector = selectors[i];
        CHECK(catch_run(enter, NULL), "no trap");
        CHECK_EQ(caught.ss, FLAT_KERNEL_SS);
        CHECK_EQ(caught.rsp, stack + 256 - 7 * 8);
    }
}
