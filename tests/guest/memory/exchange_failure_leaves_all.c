/* SPDX-License-Identifier: MIT */
/*
 * Exchanges that cannot be: of frames still mapped, of frames not ours, with sizes that do not
 * match, for another domain. Nothing is exchanged, and our frames are still ours.
 */
#include "reserve.h"

static unsigned long in[2], out[1];

static long exchange(struct xen_memory_exchange *x)
{
    set_xen_guest_handle(x->in.extent_start, in);
    set_xen_guest_handle(x->out.extent_start, out);
    return hypercall_memory_op(XENMEM_exchange, x);
}

TEST("exchange_failure_leaves_all", "an exchange that fails leaves the frames as they were")
{
    const struct xen_memory_exchange good = {
        .in = {.nr_extents = 2, .domid = DOMID_SELF},
        .out = {.nr_extents = 1, .extent_order = 1, .domid = DOMID_SELF},
    };
    struct xen_memory_exchange x = good;
    char *pages = pages_alloc(2);
    unsigned long mfns[2] = {pfn_to_mfn(va_to_pfn(pages)), pfn_to_mfn(va_to_pfn(pages) + 1)};
    long before = total_pages();

    in[0] = take(pages);
    in[1] = mfns[1];
    out[0] = va_to_pfn(pages);
    CHECK_RC(exchange(&x), -XEN_EINVAL); /* The second is still mapped. */
    CHECK_EQ(x.nr_exchanged, 0);
    x = good;
    in[1] = 0xb8;
    CHECK_RC(exchange(&x), -XEN_EINVAL);
    CHECK_EQ(x.nr_exchanged, 0);
    in[1] = take(pages + PAGE_SIZE);
    x = good;
    x.out.extent_order = 0;
    CHECK_RC(exchange(&x), -XEN_EINVAL);
    x = good;
    x.in.extent_order = 1;
    CHECK_RC(exchange(&x), -XEN_EINVAL);
    x = good;
    x.in.domid = x.out.domid = 5;
    CHECK_RC(exchange(&x), -XEN_ESRCH);
    x = good;
    x.out.domid = 5;
    CHECK_RC(exchange(&x), -XEN_EINVAL);
    x = good;
    x.nr_exchanged = 3;
    CHECK_RC(exchange(&x), -XEN_EINVAL);
    x = good;
    x.out.mem_flags = XENMEMF_address_bits(13);
    CHECK_RC(exchange(&x), -XEN_ENOMEM);
    CHECK_EQ(x.nr_exchanged, 0);
    CHECK_EQ(total_pages(), before);
    for (unsigned int i = 0; i < 2; i++) {
        CHECK_EQ(mfn_to_pfn(mfns[i]), va_to_pfn(pages) + i);
        put(pages + i * PAGE_SIZE, mfns[i]);
    }
}
