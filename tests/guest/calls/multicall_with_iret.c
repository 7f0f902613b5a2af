/* SPDX-License-Identifier: MIT */
/* iret as an entry of a multicall takes the frame at rsp, and ends the multicall with it. [HC-5] */
#include "harness.h"

static multicall_entry_t calls[3] = {
    {.op = HYPERCALL_NR_xen_version},
    {.op = HYPERCALL_NR_iret},
    {.op = HYPERCALL_NR_xen_version},
};

TEST("multicall_with_iret_ends", "iret in a multicall is done, and the entries behind it are not")
{
    unsigned long rax, rcx;

    asm volatile(
        "mov %%rsp, %%rbx\n\t"
        "pushq %[ss]\n\t"
        "push %%rbx\n\t"
        "pushq $0x200\n\t"
        "pushq %[cs]\n\t"
        "lea 1f(%%rip), %%rax\n\t"
        "push %%rax\n\t"
        "pushq $0\n\t"
        "pushq $0x2222\n\t"
        "pushq $0x1111\n\t"
        "pushq $0x3333\n\t"
        "mov %[nr], %%eax\n\t"
        "syscall\n\t"
        "ud2\n"
        "1:"
        : "=&a"(rax), "=&c"(rcx)
        : [ss] "i"(FLAT_KERNEL_SS), [cs] "i"(FLAT_KERNEL_CS & ~3), [nr] "i"(HYPERCALL_NR_multicall),
          "D"(calls), "S"(3ul)
        : "rbx", "r11", "memory");
    CHECK_EQ(rax, 0x3333);
    CHECK_EQ(rcx, 0x2222);
    CHECK_EQ(calls[0].result, 4 << 16 | 17);
    CHECK_EQ(calls[2].result, 0);
}
