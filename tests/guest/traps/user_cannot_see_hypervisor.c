/* SPDX-License-Identifier: MIT */
/*
 * All of the hypervisor's range is out of reach for user mode, the machine-to-physical table that
 * the kernel may read included. Whether the fault says present or not is the hypervisor's affair.
 */
#include "usercode.h"

USER_CODE(access, "mov (%rdi), %rax\n\tud2\n\t.balign 16\n\tmov %rax, (%rdi)\n\tud2\n");

static struct user u;

static void faults(unsigned int at, unsigned long address, unsigned long error)
{
    u.regs.rip = USER_BASE + at;
    u.regs.rdi = address;
    user_run(&u.as, &u.regs);
    CHECK(u.regs.vector == TRAP_PF, "%lx: %s", address, trap_name(u.regs.vector));
    CHECK_EQ(this_cpu()->info->arch.cr2, address);
    CHECK_EQ(u.regs.error_code & ~PF_PRESENT, error);
}

TEST("user_cannot_see_hypervisor", "user mode can read nothing of the hypervisor's, M2P included")
{
    uint64_t value;

    u = user_make(access_begin, access_end);
    CHECK_NO_FAULT(try_read((void *)HYPERVISOR_VIRT_START, &value));
    for (unsigned int i = 0; i < 16; i++) {
        faults(0, HYPERVISOR_VIRT_START + ((unsigned long)i << 39), PF_USER);
        faults(16, HYPERVISOR_VIRT_START + ((unsigned long)i << 39), PF_USER | PF_WRITE);
    }
    faults(0, 0xffff82d040200000, PF_USER);
    faults(0, HYPERVISOR_VIRT_END - 8, PF_USER);
}
