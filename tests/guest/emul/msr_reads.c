/* SPDX-License-Identifier: MIT */
/*
 * rdmsr of the kernel: what Linux reads without a net gives a value, what is the hypervisor's own
 * is a #GP that leaves eax and edx alone. [CPU-4]
 */
#include "msr.h"

static const uint32_t readable[] = {
    0x10,                                      /* TSC */
    0x1b,                                      /* APIC_BASE */
    0x179,      0x17a,                         /* MCG_CAP, MCG_STATUS */
    0x277,                                     /* PAT */
    0x400,      0x401,      0x402,      0x404, /* Machine check banks */
    0xc0000080,                                /* EFER */
    0xc0000100, 0xc0000101, 0xc0000102,        /* Segment bases */
};

static const uint32_t denied[] = {
    0x48,       0x49,       0x10a, /* Speculation control, which CPUID does not show */
    0x174,      0x175,      0x176, /* SYSENTER */
    0x200,      0x250,      0x2ff, /* MTRRs */
    0x6e0,      0x802,             /* TSC_DEADLINE, x2APIC */
    0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, /* SYSCALL */
    0xc0000103,                                     /* TSC_AUX, without RDTSCP */
    0xc0010055, 0xdeadbeef,
};

TEST("msr_reads", "rdmsr gives what Linux reads, and #GP for what is the hypervisor's own")
{
    uint64_t value, tsc;
    struct fault f;

    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        f = msr_read(readable[i], &value);
        CHECK(f.vector == FAULT_NONE, "MSR %x: %s", readable[i], trap_name((unsigned)f.vector));
    }
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
        f = msr_read(denied[i], &value);
        CHECK(f.vector == TRAP_GP, "MSR %x can be read: %lx", denied[i], value);
        CHECK_EQ(f.error_code, 0);
        CHECK_EQ(f.regs.rax, 0x55555555);
        CHECK_EQ(f.regs.rdx, 0x66666666);
        CHECK_EQ(*(const uint16_t *)f.regs.rip, 0x320f);
    }

    CHECK_NO_FAULT(msr_read(0x1b, &value));
    CHECK_EQ(value, 0xfee00900);
    CHECK_NO_FAULT(msr_read(0x277, &value));
    CHECK_EQ(value, 0x0000050100070406);
    CHECK_NO_FAULT(msr_read(0xc0000080, &value));
    CHECK_EQ(value, 0xd01); /* SCE LME LMA NXE */
    CHECK_NO_FAULT(msr_read(0xc0000101, &value));
    CHECK_EQ(value, &cpus[0]);
    tsc = rdtsc();
    CHECK_NO_FAULT(msr_read(0x10, &value));
    CHECK(value > tsc && value < rdtsc(), "TSC %lx, MSR %lx", tsc, value);
}
