/* SPDX-License-Identifier: MIT */
/*
 * set_segment_base: fs, the kernel's gs at once, the user's gs for later, and the user's gs
 * selector, where a bad one is loaded as null without an error.
 */
#include "../traps/usercode.h"

#define BAD 0x800000000000ul

USER_CODE(read_bases, "mov %gs:0, %rax\n\tmov %gs, %ebx\n\tud2\n");

TEST("set_segment_base_sets_four", "set_segment_base sets fs, both gs bases and the gs selector")
{
    static uint64_t data[2] = {0x1111, 0x2222};
    struct user u = user_make(read_bases_begin, read_bases_end);
    uint64_t value;

    CHECK_RC(hypercall_set_segment_base(SEGBASE_FS, (unsigned long)data), 0);
    asm volatile("mov %%fs:8, %0" : "=r"(value));
    CHECK_EQ(value, 0x2222);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&cpus[1]), 0);
    cpus[1].self = &cpus[0];
    CHECK_EQ(this_cpu(), &cpus[0]);
    cpus[1].self = NULL;
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&cpus[0]), 0);

    *(uint64_t *)u.data = 0x3333;
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER, USER_DATA), 0);
    CHECK_EQ(this_cpu(), &cpus[0]);
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
    CHECK_EQ(u.regs.rax, 0x3333);
    CHECK_EQ(u.regs.rbx, 0);

    CHECK_RC(hypercall_set_segment_base(SEGBASE_FS, BAD), -XEN_EINVAL);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER, BAD), -XEN_EINVAL);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_KERNEL, BAD), -XEN_EINVAL);
    CHECK_RC(hypercall_set_segment_base(4, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_set_segment_base(~0u, 0), -XEN_EINVAL);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_FS, HYPERVISOR_VIRT_START), 0);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_FS, 0), 0);

    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER_SEL, FLAT_USER_SS64), 0);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER, USER_DATA), 0);
    CHECK_EQ(this_cpu(), &cpus[0]);
    u.regs.rip = USER_BASE;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.rax, 0x3333);
    CHECK_EQ(u.regs.rbx, FLAT_USER_SS64);

    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0x58), 0);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER_SEL, 0xe008), 0);
    CHECK_RC(hypercall_set_segment_base(SEGBASE_GS_USER, USER_DATA), 0);
    u.regs.rip = USER_BASE;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.rax, 0x3333);
    CHECK_EQ(u.regs.rbx, 0);
}
