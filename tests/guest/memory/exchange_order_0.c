/* SPDX-License-Identifier: MIT */
/* XENMEM_exchange of single frames: new frames, named by the PFNs given; the old ones are gone. */
#include "reserve.h"

#define PAGES 4ul

TEST("exchange_order_0", "exchange swaps frames one by one and sets machine-to-phys as asked")
{
    unsigned long in[PAGES], out[PAGES], pfns[PAGES];
    struct xen_memory_exchange x = {
        .in = {.nr_extents = PAGES, .domid = DOMID_SELF},
        .out = {.nr_extents = PAGES, .domid = DOMID_SELF},
    };
    char *pages = pages_alloc(PAGES);
    long before = total_pages();

    for (unsigned int i = 0; i < PAGES; i++) {
        in[i] = take(pages + i * PAGE_SIZE);
        out[i] = pfns[i] = va_to_pfn(pages) + i;
    }
    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    CHECK_RC(hypercall_memory_op(XENMEM_exchange, &x), 0);
    CHECK_EQ(x.nr_exchanged, PAGES);
    CHECK_EQ(total_pages(), before);
    for (unsigned int i = 0; i < PAGES; i++) {
        CHECK_EQ(mfn_to_pfn(out[i]), pfns[i]);
        put(pages + i * PAGE_SIZE, out[i]);
        CHECK_NO_FAULT(try_write(pages + i * PAGE_SIZE, i));
    }
}
