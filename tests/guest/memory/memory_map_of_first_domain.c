/* SPDX-License-Identifier: MIT */
/* Only a toolstack sets a PV guest's memory map; the first domain has none of its own. */
#include "reserve.h"

TEST("memory_map_of_first_domain", "XENMEM_memory_map of a domain without a map is ENOSYS")
{
    static char buffer[20 * 128];
    struct xen_memory_map m = {.nr_entries = 128};

    set_xen_guest_handle(m.buffer, buffer);
    CHECK_RC(hypercall_memory_op(XENMEM_memory_map, &m), -XEN_ENOSYS);
}
