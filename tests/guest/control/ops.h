/* SPDX-License-Identifier: MIT */
/* What the tests of domctl and sysctl share: one structure of each, and domains made and unmade. */
#ifndef CONTROL_OPS_H
#define CONTROL_OPS_H

#define __XEN_TOOLS__ 1
#include "harness.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

#define NOBODY 77 /* a number no domain has */

static struct xen_domctl dop;
static struct xen_sysctl sop;

static inline void clear_dop(void) { memset(&dop, 0, sizeof(dop)); }
static inline void clear_sop(void) { memset(&sop, 0, sizeof(sop)); }

/* The operation with what dop.u holds. */
static inline long domctl(uint32_t cmd, domid_t domain)
{
    dop.cmd = cmd;
    dop.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    dop.domain = domain;
    return hypercall_domctl(&dop);
}

/* The operation with zeros for all arguments. */
static inline long domctl0(uint32_t cmd, domid_t domain)
{
    clear_dop();
    return domctl(cmd, domain);
}

static inline long sysctl(uint32_t cmd)
{
    sop.cmd = cmd;
    sop.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall_sysctl(&sop);
}

static inline long sysctl0(uint32_t cmd)
{
    clear_sop();
    return sysctl(cmd);
}

/* What a toolstack says of a PV domain. */
static inline struct xen_domctl_createdomain *create_args(unsigned int vcpus)
{
    clear_dop();
    dop.u.createdomain.max_vcpus = vcpus;
    dop.u.createdomain.max_evtchn_port = 1023;
    dop.u.createdomain.max_grant_frames = -1;
    dop.u.createdomain.max_maptrack_frames = -1;
    dop.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    return &dop.u.createdomain;
}

static inline long create_domain(void) { return domctl(XEN_DOMCTL_createdomain, 0); }

/* An empty domain with vcpus that have no context. */
static inline domid_t new_domain(unsigned int vcpus)
{
    domid_t id;
    long rc;

    create_args(vcpus);
    rc = create_domain();
    REQUIRE(rc == 0, "createdomain: %ld", rc);
    id = dop.domain;
    clear_dop();
    dop.u.max_vcpus.max = vcpus;
    rc = domctl(XEN_DOMCTL_max_vcpus, id);
    REQUIRE(rc == 0, "max_vcpus: %ld", rc);
    return id;
}

static inline void destroy(domid_t id)
{
    CHECK_RC(domctl0(XEN_DOMCTL_destroydomain, id), 0);
    CHECK_RC(domctl0(XEN_DOMCTL_pausedomain, id), -XEN_ESRCH);
}

static inline unsigned long free_pages(void)
{
    long rc = sysctl0(XEN_SYSCTL_physinfo);

    REQUIRE(rc == 0, "physinfo: %ld", rc);
    return sop.u.physinfo.free_pages;
}

/* What a domain had may come back a little later; Xen also gives more of its own free after the boot. */
static inline void expect_free_pages(unsigned long wanted)
{
    uint64_t deadline = time_ns() + DEADLINE_NS;
    unsigned long now;

    while ((now = free_pages()) < wanted && time_ns() < deadline)
        hypercall_sched_op(SCHEDOP_yield, NULL);
    CHECK(now >= wanted, "%lu free pages, %lu before", now, wanted);
}

#endif
