/* SPDX-License-Identifier: MIT */
/*
 * mov to control registers: of CR0 only TS may change; CR2 is stored; CR3 takes a table fit for
 * NEW_BASEPTR and refuses any other frame; CR4 takes anything and keeps TSD and DE of it. [EMU-2]
 */
#include "harness.h"

#define CR0_TS 8ul
#define CR0_WP 0x10000ul
#define CR4_DE 8ul
#define CR4_TSD 4ul

#define WRITE(reg, value) TRY_ASM("mov %0, %%" reg, : : "r"((unsigned long)(value)) : "memory")

#define READ(reg)                                                                                  \
    ({                                                                                             \
        unsigned long value_;                                                                      \
        asm volatile("mov %%" reg ", %0" : "=r"(value_));                                          \
        value_;                                                                                    \
    })

static void cr0_and_cr2(void)
{
    unsigned long cr0 = READ("cr0");

    CHECK_NO_FAULT(WRITE("cr0", cr0));
    CHECK_NO_FAULT(WRITE("cr0", cr0 | CR0_TS));
    CHECK_EQ(READ("cr0"), cr0 | CR0_TS);
    CHECK_FAULT(TRY_ASM("fnop", :), TRAP_NM);
    CHECK_NO_FAULT(WRITE("cr0", cr0 | CR0_TS));
    CHECK_NO_FAULT(WRITE("cr0", cr0));
    CHECK_NO_FAULT(TRY_ASM("fnop", :));

    CHECK_FAULT(WRITE("cr0", cr0 & ~CR0_WP), TRAP_GP);
    CHECK_FAULT(WRITE("cr0", cr0 & ~1ul), TRAP_GP);
    CHECK_FAULT(WRITE("cr0", 0), TRAP_GP);
    CHECK_EQ(READ("cr0"), cr0);

    CHECK_NO_FAULT(WRITE("cr2", 0x1234567));
    CHECK_EQ(READ("cr2"), 0x1234567);
    CHECK_EQ(this_cpu()->info->arch.cr2, 0x1234567);
    CHECK_FAULT(WRITE("cr8", 0), TRAP_GP);
}

static void cr3(void)
{
    struct aspace as = aspace_new_kernel();
    unsigned long old = READ("cr3");
    char *page = page_alloc();

    CHECK_NO_FAULT(WRITE("cr3", as.l4_mfn << PAGE_SHIFT));
    CHECK_EQ(READ("cr3"), as.l4_mfn << PAGE_SHIFT);
    CHECK_NO_FAULT(WRITE("cr3", old));
    CHECK_EQ(READ("cr3"), old);
    aspace_free(&as);

    /* A page that is written to; no frame at all. */
    CHECK_FAULT(WRITE("cr3", va_to_mfn(page) << PAGE_SHIFT), TRAP_GP);
    CHECK_FAULT(WRITE("cr3", 0), TRAP_GP);
    CHECK_FAULT(WRITE("cr3", ~0ul), TRAP_GP);
    CHECK_EQ(READ("cr3"), old);
}

static void cr4(void)
{
    unsigned long old = READ("cr4");

    CHECK_NO_FAULT(WRITE("cr4", 0));
    CHECK_EQ(READ("cr4"), old);
    CHECK_NO_FAULT(WRITE("cr4", 0xfffffffffffffffful & ~CR4_TSD));
    CHECK_EQ(READ("cr4") & (CR4_DE | CR4_TSD), CR4_DE);
    CHECK_NO_FAULT(WRITE("cr4", old | CR4_TSD));
    CHECK_EQ(READ("cr4"), old | CR4_TSD);
    CHECK_NO_FAULT(WRITE("cr4", old));
    CHECK_EQ(READ("cr4"), old);
}

TEST("cr_writes_emulated", "writes of CR0, CR2, CR3 and CR4 are emulated, within their limits")
{
    cr0_and_cr2();
    cr3();
    cr4();
}
