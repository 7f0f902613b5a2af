/* SPDX-License-Identifier: MIT */
/*
 * wrmsr of the kernel: segment bases, which the first instruction of a Linux kernel sets; EFER with
 * the value it has; machine-check registers, in silence. The rest is #GP. [CPU-4]
 */
#include "msr.h"

static const uint32_t denied[] = {
    0x10,  0x1b,       0x48,       0x174,      0x200,      0x277,      0x2ff,      0x6e0,
    0x802, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000103, 0xdeadbeef,
};

static const uint32_t silent[] = {0x17a, 0x400, 0x401};

TEST("msr_writes", "wrmsr sets the segment bases and refuses the hypervisor's registers")
{
    static uint64_t data[2] = {0x1111, 0x2222};
    uint64_t value, efer;

    CHECK_NO_FAULT(msr_write(0xc0000100, (unsigned long)data));
    asm volatile("mov %%fs:8, %0" : "=r"(value));
    CHECK_EQ(value, 0x2222);
    CHECK_NO_FAULT(msr_read(0xc0000100, &value));
    CHECK_EQ(value, data);
    CHECK_NO_FAULT(msr_write(0xc0000101, (unsigned long)&cpus[0]));
    CHECK_EQ(this_cpu(), &cpus[0]);
    CHECK_NO_FAULT(msr_write(0xc0000102, 0x7000));
    CHECK_NO_FAULT(msr_read(0xc0000102, &value));
    CHECK_EQ(value, 0x7000);
    CHECK_FAULT(msr_write(0xc0000100, 0x8000000000000000), TRAP_GP);
    CHECK_FAULT(msr_write(0xc0000101, 0x8000000000000000), TRAP_GP);
    CHECK_FAULT(msr_write(0xc0000102, 0x8000000000000000), TRAP_GP);
    CHECK_NO_FAULT(msr_read(0xc0000100, &value));
    CHECK_EQ(value, data);

    CHECK_NO_FAULT(msr_read(0xc0000080, &efer));
    CHECK_NO_FAULT(msr_write(0xc0000080, efer));
    CHECK_FAULT(msr_write(0xc0000080, efer ^ 1), TRAP_GP);

    for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
        CHECK_NO_FAULT(msr_read(silent[i], &value));
        CHECK(msr_write(silent[i], value).vector == FAULT_NONE, "MSR %x refused", silent[i]);
    }
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        CHECK(msr_write(denied[i], 0).vector == TRAP_GP, "MSR %x can be written", denied[i]);
}
