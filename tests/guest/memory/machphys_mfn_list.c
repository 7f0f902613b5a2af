/* SPDX-License-Identifier: MIT */
/* One frame per 2 MiB of machine-to-phys, as many as the caller has room for. */
#include "reserve.h"

TEST("machphys_mfn_list", "machphys_mfn_list fills at most max_extents frames")
{
    static unsigned long frames[32];
    struct xen_machphys_mfn_list list = {.max_extents = 32};
    struct xen_machphys_mapping m;
    unsigned int wanted;

    MUST(hypercall_memory_op(XENMEM_machphys_mapping, &m));
    wanted = (unsigned int)(((m.max_mfn + 1) * 8 + 0x1fffff) >> 21);
    memset(frames, 0x5a, sizeof(frames));
    set_xen_guest_handle(list.extent_start, frames);
    CHECK_RC(hypercall_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    CHECK_EQ(list.nr_extents, wanted);
    CHECK_EQ(frames[wanted], 0x5a5a5a5a5a5a5a5a);
    list.max_extents = 0;
    CHECK_RC(hypercall_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    CHECK_EQ(list.nr_extents, 0);
    list.max_extents = 1;
    set_xen_guest_handle(list.extent_start, va_alloc(1));
    CHECK_RC(hypercall_memory_op(XENMEM_machphys_mfn_list, &list), -XEN_EFAULT);
}
