/* SPDX-License-Identifier: MIT */
/* Results of memory_op that cannot be stored, because the page is read-only. [HC-3] */
#include "pointers.h"

TEST("memory_op_read_only_results", "memory_op that cannot store its result is EFAULT")
{
    char zero[64] = {0};
    static char buffer[20 * 128];
    struct xen_memory_map m = {.nr_entries = 128};

    CHECK_RC(hypercall_memory_op(XENMEM_machphys_mapping, read_only_copy(zero, 64)), -XEN_EFAULT);
    CHECK_RC(hypercall_memory_op(XENMEM_machphys_mfn_list, read_only_copy(zero, 64)), -XEN_EFAULT);
    set_xen_guest_handle(m.buffer, buffer);
    CHECK_RC(hypercall_memory_op(XENMEM_machine_memory_map, read_only_copy(&m, sizeof(m))),
             -XEN_EFAULT);
    set_xen_guest_handle(m.buffer, read_only_copy(zero, 64));
    CHECK_RC(hypercall_memory_op(XENMEM_machine_memory_map, &m), -XEN_EFAULT);
    set_xen_guest_handle(m.buffer, bad_pointers()[0].p);
    CHECK_RC(hypercall_memory_op(XENMEM_machine_memory_map, &m), -XEN_EFAULT);
    CHECK_ALIVE();
}
