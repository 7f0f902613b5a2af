/* SPDX-License-Identifier: MIT */
/* The guest's user mode has no part in it: its store to a table mapped for it faults. */
#include "store.h"

asm(".pushsection .rodata\n"
    "user_begin:\n\t"
    "movq $0, (%rdi)\n\t"
    "syscall\n"
    "user_end:\n"
    ".popsection");
extern const char user_begin[], user_end[];

#define TABLE_VA (USER_BASE + PAGE_SIZE)

TEST("store_from_user_mode_faults", "a store of user mode to an L1 it can read is its page fault")
{
    struct aspace as = aspace_new();
    uint64_t *l1 = pinned_table(1);
    struct regs regs = user_regs(USER_BASE, USER_BASE + PAGE_SIZE);

    writable_tables_on();
    CHECK_NO_FAULT(try_write(l1, PATTERN));
    user_copy_code(user_page(&as, USER_BASE, PROT_RO), user_begin, user_end);
    CHECK_RC(map_page(&as, TABLE_VA, mfn_of(l1), PROT_RO), 0);
    regs.rdi = TABLE_VA;
    user_run(&as, &regs);
    CHECK_EQ(regs.vector, TRAP_PF);
    CHECK_EQ(regs.error_code, PF_PRESENT | PF_WRITE | PF_USER);
    CHECK_EQ(l1[0], PATTERN);
}
