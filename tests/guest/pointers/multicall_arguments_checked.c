/* SPDX-License-Identifier: MIT */
/* Bad pointers inside a list of calls are that call's error; the others are done. */
#include "pointers.h"

TEST("multicall_arguments_checked", "a call of a multicall with a bad pointer fails alone")
{
    multicall_entry_t calls[4] = {
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_version, 0}},
        {.op = __HYPERVISOR_memory_op, .args = {XENMEM_machphys_mapping, 0xffff830000000000ul}},
        {.op = 63},
        {.op = __HYPERVISOR_xen_version, .args = {XENVER_version, 0}},
    };

    CHECK_RC(hypercall_multicall(calls, 4), 0);
    CHECK_EQ(calls[0].result, 4 << 16 | 17);
    CHECK_EQ(calls[1].result, -XEN_EFAULT);
    CHECK_EQ(calls[2].result, -XEN_ENOSYS);
    CHECK_EQ(calls[3].result, 4 << 16 | 17);
    CHECK_ALIVE();
}
