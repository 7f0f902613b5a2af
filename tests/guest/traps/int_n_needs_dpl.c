/* SPDX-License-Identifier: MIT */
/*
 * int $n to a vector of the guest's table: the kernel counts as ring 1, the user as ring 3, and an
 * entry with a lower DPL is a #GP at the instruction. With permission rip is behind it.
 *
 * QEMU's TCG gives error code n * 16 + 2 for an int without a gate, where the manual says n * 8 +
 * 2: there the hypervisor sees twice the vector. So both vectors get the same entry. [TRAP-5]
 */
#include "catch.h"
#include "usercode.h"

#define N 0x48
#define AS 20 /* Whose entry of the library is lent; it has no error code. */

static bool arrived;
static struct regs seen;

static bool on_int(struct regs *regs)
{
    seen = *regs;
    arrived = true;
    return true;
}

USER_CODE(int_n, "int $0x48\n\tud2\n");

static void route(unsigned int dpl)
{
    route_vector(N, dpl | TI_MASK_EVENTS, AS);
    route_vector(2 * N, dpl | TI_MASK_EVENTS, AS);
}

TEST("int_n_needs_dpl", "int n needs an entry with DPL 1 from the kernel and DPL 3 from the user")
{
    struct fault f;
    struct user u = user_make(int_n_begin, int_n_end);

    trap_set_handler(AS, on_int);
    for (unsigned int dpl = 0; dpl < 4; dpl++) {
        route(dpl);

        arrived = false;
        f = TRY_ASM("int $0x48", : : : "memory");
        if (dpl == 0) {
            CHECK_FAULT(f, TRAP_GP);
            CHECK_EQ(*(const uint8_t *)f.regs.rip, 0xcd);
            CHECK(!arrived, "the handler ran all the same");
        } else {
            CHECK_NO_FAULT(f);
            CHECK(arrived, "the handler did not run with DPL %u", dpl);
            CHECK_EQ(*(const uint8_t *)(seen.rip - 2), 0xcd);
            CHECK_EQ(seen.error_code, 0);
        }

        u.regs.rip = USER_BASE;
        user_run(&u.as, &u.regs);
        if (dpl < 3) {
            CHECK_EQ(u.regs.vector, TRAP_GP);
            CHECK_EQ(u.regs.rip, USER_BASE);
        } else {
            CHECK_EQ(u.regs.vector, AS);
            CHECK_EQ(u.regs.rip, USER_BASE + 2);
        }
        CHECK_EQ(u.regs.cs & 3, 3);
    }
}
