/* SPDX-License-Identifier: MIT */
/* What is said of a new domain, pauses counted, and that nothing is left after its end. */
#include "ops.h"

static uint32_t flags_of(domid_t id)
{
    CHECK_RC(domctl0(XEN_DOMCTL_getdomaininfo, id), 0);
    CHECK_EQ(dop.domain, id);
    return dop.u.getdomaininfo.flags;
}

TEST("life", "a new domain is paused once and empty; pauses are counted to 255; it goes without a trace")
{
    unsigned long before;
    domid_t id;
    long rc = 0;
    int n;

    destroy(new_domain(2));
    before = free_pages();
    id = new_domain(2);
    CHECK_EQ(flags_of(id) & 0xffff, XEN_DOMINF_paused);
    CHECK_EQ(dop.u.getdomaininfo.tot_pages, 0);
    CHECK_EQ(dop.u.getdomaininfo.max_vcpu_id, 1);
    CHECK_EQ(dop.u.getdomaininfo.nr_online_vcpus, 0);
    CHECK_RC(domctl0(XEN_DOMCTL_getdomaininfo, 1), 0);
    CHECK_EQ(dop.domain, id);
    CHECK_RC(domctl0(XEN_DOMCTL_getdomaininfo, (domid_t)(id + 1)), -XEN_ESRCH);

    for (n = 1; n < 300 && !rc; n++)
        rc = domctl0(XEN_DOMCTL_pausedomain, id);
    CHECK_RC(rc, -XEN_EOVERFLOW);
    CHECK_EQ(n, 256);
    for (n = 0, rc = 0; n < 300 && !rc; n++)
        rc = domctl0(XEN_DOMCTL_unpausedomain, id);
    CHECK_RC(rc, -XEN_EINVAL);
    CHECK_EQ(n, 256);
    CHECK(!(flags_of(id) & XEN_DOMINF_paused), "still paused");
    destroy(id);
    expect_free_pages(before);
}
