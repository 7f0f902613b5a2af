/* SPDX-License-Identifier: MIT */
/* Every type of vm_assist on and off, the ones that 64-bit guests have no use for among them. */
#include "harness.h"

static bool known(unsigned int type)
{
    return type <= VMASST_TYPE_runstate_update_flag || type == VMASST_TYPE_m2p_strict;
}

TEST("vm_assist_types", "vm_assist takes types 0 to 5 and 32, any number of times, and no other")
{
    for (unsigned int type = 0; type < 66; type++) {
        long wanted = known(type) ? 0 : -XEN_EINVAL;

        for (int i = 0; i < 2; i++) {
            long rc = hypercall_vm_assist(VMASST_CMD_enable, type);

            CHECK(rc == wanted, "enabling %u gives %ld", type, rc);
        }
        for (int i = 0; i < 2; i++) {
            long rc = hypercall_vm_assist(VMASST_CMD_disable, type);

            CHECK(rc == wanted, "disabling %u gives %ld", type, rc);
        }
    }
    CHECK_RC(hypercall_vm_assist(VMASST_CMD_enable, ~0u), -XEN_EINVAL);
    CHECK_RC(hypercall_vm_assist(2, VMASST_TYPE_4gb_segments), -XEN_ENOSYS);
    CHECK_RC(hypercall_vm_assist(~0u, VMASST_TYPE_4gb_segments), -XEN_ENOSYS);
}
