/* SPDX-License-Identifier: MIT */
/* Eight single frames for one extent of eight in a row, below 4 GiB: what kernels need for DMA. */
#include "reserve.h"

#define ORDER 3u
#define PAGES (1ul << ORDER)

TEST("exchange_to_contiguous",
     "exchange turns single frames into an aligned contiguous extent and back")
{
    unsigned long in[PAGES], out[PAGES];
    char *pages = pages_alloc(PAGES);
    struct xen_memory_exchange x = {
        .in = {.nr_extents = PAGES, .domid = DOMID_SELF},
        .out = {.nr_extents = 1,
                .extent_order = ORDER,
                .domid = DOMID_SELF,
                .mem_flags = XENMEMF_address_bits(32)},
    };

    for (unsigned int i = 0; i < PAGES; i++)
        in[i] = take(pages + i * PAGE_SIZE);
    out[0] = va_to_pfn(pages);
    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    CHECK_RC(hypercall_memory_op(XENMEM_exchange, &x), 0);
    CHECK_EQ(x.nr_exchanged, PAGES);
    CHECK_EQ(out[0] % PAGES, 0);
    CHECK((out[0] << PAGE_SHIFT) < 1ul << 32, "frame %lx is above 4 GiB", out[0]);
    for (unsigned int i = 0; i < PAGES; i++)
        CHECK_EQ(mfn_to_pfn(out[0] + i), va_to_pfn(pages) + i);

    /* And back. */
    x.in = (struct xen_memory_reservation){
        .nr_extents = 1, .extent_order = ORDER, .domid = DOMID_SELF};
    x.out = (struct xen_memory_reservation){.nr_extents = PAGES, .domid = DOMID_SELF};
    x.nr_exchanged = 0;
    in[0] = out[0];
    for (unsigned int i = 0; i < PAGES; i++)
        out[i] = va_to_pfn(pages) + i;
    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, out);
    CHECK_RC(hypercall_memory_op(XENMEM_exchange, &x), 0);
    CHECK_EQ(x.nr_exchanged, 1);
    for (unsigned int i = 0; i < PAGES; i++) {
        CHECK_EQ(mfn_to_pfn(out[i]), va_to_pfn(pages) + i);
        put(pages + i * PAGE_SIZE, out[i]);
    }
}
