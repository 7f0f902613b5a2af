/* SPDX-License-Identifier: MIT */
/*
 * CR2 of the guest is the hypervisor's record of the last fault, or of the guest's last mov to it;
 * vcpu_info has a copy, and what the guest writes there does not come back. [EMU-2]
 */
#include "harness.h"

static unsigned long read_cr2(void)
{
    unsigned long cr2;

    asm volatile("mov %%cr2, %0" : "=r"(cr2));
    return cr2;
}

TEST("cr2_is_kept", "mov from CR2 does not read vcpu_info, which the guest can write")
{
    uint64_t value;

    CHECK_FAULT(try_read((void *)0x1234567, &value), TRAP_PF);
    this_cpu()->info->arch.cr2 = 0x7777;
    CHECK_EQ(read_cr2(), 0x1234567);
    asm volatile("mov %0, %%cr2" : : "r"(0x5555ul));
    CHECK_EQ(this_cpu()->info->arch.cr2, 0x5555);
    this_cpu()->info->arch.cr2 = 0;
    CHECK_EQ(read_cr2(), 0x5555);
}
