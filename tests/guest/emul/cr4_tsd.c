/* SPDX-License-Identifier: MIT */
/*
 * CR4.TSD of the guest makes rdtsc of its user mode a #GP, while its kernel still reads the time,
 * by emulation; without it both read it natively.
 */
#include "../traps/usercode.h"

#define CR4_TSD 4ul

USER_CODE(tsc, "rdtsc\n\tud2\n");

static void set_cr4(unsigned long value)
{
    asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

TEST("cr4_tsd_denies_user_rdtsc", "with CR4.TSD rdtsc faults in user mode and works in the kernel")
{
    struct user u = user_make(tsc_begin, tsc_end);
    uint64_t before, after;
    unsigned long cr4;

    asm volatile("mov %%cr4, %0" : "=r"(cr4));
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);

    set_cr4(cr4 | CR4_TSD);
    u.regs.rip = USER_BASE;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_GP);
    CHECK_EQ(u.regs.rip, USER_BASE);
    before = rdtsc();
    after = rdtsc();
    CHECK(after > before && before > 0, "rdtsc gives %lx, then %lx", before, after);

    set_cr4(cr4);
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_UD);
}
