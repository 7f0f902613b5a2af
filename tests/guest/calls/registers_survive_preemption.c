/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: hv-args=dom0_max_vcpus=2 */
/*
 * A vCPU that is stopped at any instruction, without an event of its own, goes on with all its
 * registers and flags: rcx and r11 among them, which a return by sysret would spoil. [VCPU-5]
 */
#include "twovcpus.h"

static unsigned long wrong;

/* Spins until the other vCPU's counter moved, in assembler, with every register in use. */
static void spin(void)
{
    unsigned long before = turns[1];

    asm volatile("mov $0x102, %%rdx\n\t"
                 "mov $0x103, %%rsi\n\t"
                 "mov $0x104, %%rdi\n\t"
                 "mov $0x105, %%rcx\n\t"
                 "mov $0x108, %%r8\n\t"
                 "mov $0x109, %%r9\n\t"
                 "mov $0x10a, %%r10\n\t"
                 "mov $0x10b, %%r11\n\t"
                 "mov $0x10c, %%r12\n\t"
                 "mov $0x10d, %%r13\n\t"
                 "mov $0x10e, %%r14\n\t"
                 "mov $0x10f, %%r15\n"
                 "1: pause\n\t"
                 "cmp %[now], %[before]\n\t"
                 "je 1b\n\t"
                 "sub $0x102, %%rdx\n\t"
                 "sub $0x103, %%rsi\n\t"
                 "sub $0x104, %%rdi\n\t"
                 "sub $0x105, %%rcx\n\t"
                 "sub $0x108, %%r8\n\t"
                 "sub $0x109, %%r9\n\t"
                 "sub $0x10a, %%r10\n\t"
                 "sub $0x10b, %%r11\n\t"
                 "sub $0x10c, %%r12\n\t"
                 "sub $0x10d, %%r13\n\t"
                 "sub $0x10e, %%r14\n\t"
                 "sub $0x10f, %%r15\n\t"
                 "or %%rdx, %%rsi\n\t"
                 "or %%rdi, %%rcx\n\t"
                 "or %%r8, %%r9\n\t"
                 "or %%r10, %%r11\n\t"
                 "or %%r12, %%r13\n\t"
                 "or %%r14, %%r15\n\t"
                 "or %%rsi, %%rcx\n\t"
                 "or %%r9, %%r11\n\t"
                 "or %%r13, %%r15\n\t"
                 "or %%rcx, %%r11\n\t"
                 "or %%r15, %%r11\n\t"
                 "mov %%r11, %[wrong]"
                 : [wrong] "=m"(wrong)
                 : [now] "m"(turns[1]), [before] "r"(before)
                 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                   "memory", "cc");
}

TEST("registers_survive_preemption", "a preempted vCPU goes on with all its registers")
{
    turns_start(NULL);
    for (int i = 0; i < 10; i++) {
        spin();
        CHECK(wrong == 0, "bits %lx are wrong in some register", wrong);
    }
    turns_stop();
}
