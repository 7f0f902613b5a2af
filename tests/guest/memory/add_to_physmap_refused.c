/* SPDX-License-Identifier: MIT */
/* A PV guest has no physical address space to put things into. */
#include "reserve.h"

TEST("add_to_physmap_refused", "add_to_physmap and remove_from_physmap are refused for PV guests")
{
    struct xen_add_to_physmap add = {.domid = DOMID_SELF, .gpfn = 5};
    struct xen_remove_from_physmap rem = {.domid = DOMID_SELF, .gpfn = 5};

    add.space = XENMAPSPACE_shared_info;
    CHECK_RC(hypercall_memory_op(XENMEM_add_to_physmap, &add), -XEN_EACCES);
    add.space = XENMAPSPACE_grant_table;
    CHECK_RC(hypercall_memory_op(XENMEM_add_to_physmap, &add), -XEN_EACCES);
    add.space = XENMAPSPACE_gmfn;
    CHECK_RC(hypercall_memory_op(XENMEM_add_to_physmap, &add), -XEN_EACCES);
    add.space = 77;
    CHECK_RC(hypercall_memory_op(XENMEM_add_to_physmap, &add), -XEN_EACCES);
    CHECK_RC(hypercall_memory_op(XENMEM_remove_from_physmap, &rem), -XEN_EACCES);
}
