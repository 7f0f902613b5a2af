/* SPDX-License-Identifier: MIT */
/*
 * int $0x80 has a gate of its own and takes a short way: rip behind the instruction, no error code,
 * events masked if the entry says so, in kernel mode as well. Without an entry it is a #GP at the
 * instruction, with the error code of the vector in the IDT. [TRAP-5]
 */
#include "catch.h"
#include "usercode.h"

USER_CODE(int_80, "mov $0x1234, %eax\n\tint $0x80\n\tud2\n");

static bool arrived;
static struct regs seen;

static bool on_int80(struct regs *regs)
{
    seen = *regs;
    arrived = true;
    return true;
}

TEST("int80_from_user_and_kernel", "int 0x80 reaches its entry with rip behind it, or is a #GP")
{
    struct user u = user_make(int_80_begin, int_80_end);
    struct fault f;

    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_INT80);
    CHECK_EQ(u.regs.rip, USER_BASE + 7);
    CHECK_EQ(u.regs.rax, 0x1234);
    CHECK_EQ(u.regs.cs, FLAT_USER_CS64);
    CHECK_EQ(u.regs.ss, FLAT_USER_SS64);
    CHECK_EQ(u.regs.error_code, 0);

    trap_set_handler(TRAP_INT80, on_int80);
    f = TRY_ASM("int $0x80", : : : "memory");
    CHECK_NO_FAULT(f);
    CHECK(arrived, "int 0x80 in the kernel does nothing");
    CHECK_EQ(seen.cs, FLAT_KERNEL_CS & ~3);
    CHECK_EQ(*(const uint16_t *)(seen.rip - 2), 0x80cd);

    /* Its DPL is not looked at. */
    route_vector(0x80, TI_MASK_EVENTS, 20);
    u.regs.rip = USER_BASE;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, 20);

    /* Only an empty table has no entry for it. */
    CHECK_RC(hypercall_set_trap_table(NULL), 0);
    for (unsigned int v = 0; v < 32; v++)
        route_vector(v, TI_MASK_EVENTS, v);
    u.regs.rip = USER_BASE;
    user_run(&u.as, &u.regs);
    CHECK_EQ(u.regs.vector, TRAP_GP);
    CHECK_EQ(u.regs.error_code, 0x80 << 3 | 2);
    CHECK_EQ(u.regs.rip, USER_BASE + 5);
}
