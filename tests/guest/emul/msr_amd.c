/* SPDX-License-Identifier: MIT */
/*
 * Registers of AMD's processors that Linux reads there, the performance counters' among them: with
 * a value, and a write of that value is no error.
 */
#include "msr.h"

static const uint32_t msrs[] = {0xc0010000, 0xc0010004, 0xc0010007, 0xc0010015, 0xc0011029};

TEST("msr_amd", "on AMD the kernel reads and writes back the K7 registers, and reads 0x8b")
{
    uint32_t r[4];
    uint64_t value;

    native_cpuid(0, 0, r);
    if (memcmp(&r[1], "Auth", 4) != 0)
        SKIP("not an AMD processor");
    for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
        CHECK(msr_read(msrs[i], &value).vector == FAULT_NONE, "MSR %x cannot be read", msrs[i]);
        CHECK(msr_write(msrs[i], value).vector == FAULT_NONE, "MSR %x cannot be written", msrs[i]);
    }
    CHECK_NO_FAULT(msr_read(0x8b, &value));
    CHECK_FAULT(msr_write(0x8b, value), TRAP_GP);
}
