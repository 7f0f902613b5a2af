/* SPDX-License-Identifier: MIT */
/* The unit of an exchange is the larger of the two orders: the units before a bad one are done. */
#include "reserve.h"

TEST("exchange_goes_chunk_by_chunk", "an exchange that fails reports the extents exchanged before")
{
    char *pages = pages_alloc(2);
    unsigned long in[2] = {take(pages), pte_mfn(pte_read(pages + PAGE_SIZE))};
    unsigned long out[2] = {va_to_pfn(pages), va_to_pfn(pages) + 1}, kept = in[1];
    struct xen_memory_exchange x = {
        .in = {.nr_extents = 2, .domid = DOMID_SELF},
        .out = {.nr_extents = 2, .domid = DOMID_SELF},
    };

    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    CHECK_RC(hypercall_memory_op(XENMEM_exchange, &x), -XEN_EINVAL);
    CHECK_EQ(x.nr_exchanged, 1);
    CHECK_EQ(mfn_to_pfn(out[0]), va_to_pfn(pages));
    put(pages, out[0]);
    CHECK_EQ(mfn_to_pfn(kept), va_to_pfn(pages) + 1);
    CHECK_NO_FAULT(try_write(pages + PAGE_SIZE, 1));
}
