/* SPDX-License-Identifier: MIT */
/*
 * mov from and to debug registers does what get_debugreg and set_debugreg do; #GP is their error.
 */
#include "harness.h"

#define WRITE(reg, value) TRY_ASM("mov %0, %%" reg, : : "r"((unsigned long)(value)) : "memory")

#define READ(reg)                                                                                  \
    ({                                                                                             \
        unsigned long value_;                                                                      \
        asm volatile("mov %%" reg ", %0" : "=r"(value_));                                          \
        value_;                                                                                    \
    })

TEST("debug_register_moves", "mov of debug registers is emulated like the hypercalls")
{
    CHECK_EQ(READ("db6"), 0xffff0ff0);
    CHECK_EQ(READ("db7"), 0x400);
    CHECK_EQ(READ("db4"), 0xffff0ff0);
    CHECK_NO_FAULT(WRITE("db0", 0x1234));
    CHECK_EQ(READ("db0"), 0x1234);
    CHECK_RC(hypercall_get_debugreg(0), 0x1234);
    CHECK_NO_FAULT(WRITE("db3", 0x5678));
    CHECK_EQ(READ("db3"), 0x5678);
    CHECK_NO_FAULT(WRITE("db7", 0x55));
    CHECK_EQ(READ("db7"), 0x455);
    CHECK_NO_FAULT(WRITE("db7", 0));
    CHECK_NO_FAULT(WRITE("db6", 0));
    CHECK_EQ(READ("db6"), 0xffff0ff0);

    CHECK_FAULT(WRITE("db0", HYPERVISOR_VIRT_START), TRAP_GP);
    CHECK_FAULT(WRITE("db7", 0x20001), TRAP_GP);
    CHECK_EQ(READ("db0"), 0x1234);
}
