/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions that are not emulated for the kernel: #GP at the instruction, or #UD
 * where the processor does not have them. wbinvd is emulated for a domain with devices. [EMU-1]
 */
#include "harness.h"

#define GP(insn)                                                                                   \
    do {                                                                                           \
        struct fault f_ = TRY_ASM(insn, : : "a"(0xe038), "m"(operand) : "rcx", "rdx", "memory");   \
        CHECK(f_.vector == TRAP_GP, "%s instead of #GP for %s",                                    \
              f_.vector < 0 ? "no trap" : trap_name((unsigned int)f_.vector), insn);               \
        CHECK_EQ(f_.error_code, 0);                                                                \
    } while (0)

static char operand[16];

TEST("privileged_instructions_are_gp",
     "hlt, lgdt, invd and their like are #GP for the guest kernel")
{
    CHECK_NO_FAULT(TRY_ASM("wbinvd", : : : "memory"));
    GP("hlt");
    GP("cli");
    GP("sti");
    GP("invd");
    GP("swapgs");
    GP("invlpg %1");
    GP("lgdt %1");
    GP("lidt %1");
    GP("lldt %%ax");
    GP("ltr %%ax");
    GP("lmsw %%ax");
    GP("rdpmc");
    GP("sysretq");
}
