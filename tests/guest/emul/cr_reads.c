/* SPDX-License-Identifier: MIT */
/*
 * mov from control registers, in ring 3, is emulated: CR0 as the machine has it with the guest's
 * TS, CR2 of the last fault, CR3 the kernel's table as the guest knows it, CR4 the guest's view
 * without what the hypervisor keeps for itself. CR8 is not the guest's.
 */
#include "harness.h"

#define CR0_EXPECTED 0x80050033ul /* PG AM WP NE ET MP PE, TS clear */
#define CR4_PSE 0x10ul
#define CR4_PAE 0x20ul
#define CR4_PGE 0x80ul
#define CR4_OSFXSR 0x200ul
#define CR4_OSXMMEXCPT 0x400ul
#define CR4_SMEP (1ul << 20)

static struct fault read(int cr, unsigned long *value)
{
    switch (cr) {
    case 0: return TRY_ASM("mov %%cr0, %0", : "=r"(*value));
    case 2: return TRY_ASM("mov %%cr2, %0", : "=r"(*value));
    case 3: return TRY_ASM("mov %%cr3, %0", : "=r"(*value));
    case 4: return TRY_ASM("mov %%cr4, %0", : "=r"(*value));
    }
    return TRY_ASM("mov %%cr8, %0", : "=r"(*value));
}

TEST("cr_reads_emulated", "CR0, CR2, CR3 and CR4 can be read by the kernel, CR8 cannot")
{
    unsigned long value = 0, r15;

    CHECK_NO_FAULT(read(0, &value));
    CHECK_EQ(value, CR0_EXPECTED);

    CHECK_FAULT(try_read((void *)0x1234567, &value), TRAP_PF);
    CHECK_NO_FAULT(read(2, &value));
    CHECK_EQ(value, 0x1234567);

    CHECK_NO_FAULT(read(3, &value));
    CHECK_EQ(value, kernel_aspace.l4_mfn << PAGE_SHIFT);

    CHECK_NO_FAULT(read(4, &value));
    CHECK_EQ(value & (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT),
             CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT);
    CHECK_EQ(value & (CR4_PSE | CR4_PGE | CR4_SMEP), 0);

    CHECK_FAULT(read(8, &value), TRAP_GP);

    asm volatile("mov %%cr3, %%r15\n\tmov %%r15, %0" : "=r"(r15) : : "r15");
    CHECK_EQ(r15, kernel_aspace.l4_mfn << PAGE_SHIFT);
}
