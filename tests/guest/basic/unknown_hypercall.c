/* SPDX-License-Identifier: MIT */
/*
 * Guests probe for hypercalls. Numbers in a gap of the table, beyond it, and absurd ones must all
 * be refused the same way, and the preserved registers must survive.
 */
#include "harness.h"

TEST("unknown_hypercall_is_enosys", "a number without a hypercall gives -ENOSYS and no more")
{
    static const unsigned long numbers[] = {11, 43,  47,   55,           56,  63,
                                            64, 127, 4096, 0x80000000ul, ~0ul};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        long rc = hypercall_raw(numbers[i], 0, 0, 0, 0, 0);

        CHECK(rc == -XEN_ENOSYS, "number %lx gives %ld", numbers[i], rc);
    }

    unsigned long rax = 63, rbx = 0x1111, r12 = 0x2222, r15 = 0x3333;
    register unsigned long r12_ asm("r12") = r12;
    register unsigned long r15_ asm("r15") = r15;

    asm volatile("syscall"
                 : "+a"(rax), "+b"(rbx), "+r"(r12_), "+r"(r15_)
                 :
                 : "rcx", "r11", "memory");
    CHECK_EQ(rbx, 0x1111);
    CHECK_EQ(r12_, r12);
    CHECK_EQ(r15_, r15);
}
