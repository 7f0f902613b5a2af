/* SPDX-License-Identifier: MIT */
/* Reservations of domains that do not exist: reservations are not an error, queries are. */
#include "reserve.h"

TEST("reservation_of_unknown_domain",
     "unknown domains: 0 extents for reservations, ESRCH for queries")
{
    static const domid_t doms[] = {1, 1000, DOMID_IO, DOMID_XEN, DOMID_INVALID};
    unsigned long list = va_to_pfn(page_alloc());

    for (size_t i = 0; i < sizeof(doms) / sizeof(doms[0]); i++) {
        domid_t dom = doms[i];

        CHECK_RC(reserve(XENMEM_increase_reservation, &list, 1, 0, 0, dom), 0);
        CHECK_RC(reserve(XENMEM_populate_physmap, &list, 1, 0, 0, dom), 0);
        CHECK_RC(reserve(XENMEM_decrease_reservation, &list, 1, 0, 0, dom), 0);
        CHECK_RC(hypercall_memory_op(XENMEM_current_reservation, &dom), -XEN_ESRCH);
        CHECK_RC(hypercall_memory_op(XENMEM_maximum_reservation, &dom), -XEN_ESRCH);
        CHECK_RC(hypercall_memory_op(XENMEM_maximum_gpfn, &dom), -XEN_ESRCH);
    }
}
