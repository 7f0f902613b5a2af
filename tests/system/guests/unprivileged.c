/* SPDX-License-Identifier: MIT */
/*
 * A domain without privileges that asks for all of the toolstack's operations, on the first domain and on
 * itself, known and unknown ones: each must be EPERM. The first one that is not is named.
 */
#define __XEN_TOOLS__ 1
#include "pvguest.h"
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

static unsigned int asked, refused;

static void expect_refused(const char *what, unsigned int cmd, long rc)
{
    asked++;
    if (rc == -XEN_EPERM)
        refused++;
    else
        printf("unprivileged: %s %u gives %ld\n", what, cmd, rc);
}

static void domctls(domid_t domain)
{
    static struct xen_domctl op;

    for (unsigned int cmd = 0; cmd < 100; cmd++) {
        memset(&op, 0, sizeof(op));
        op.cmd = cmd;
        op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        op.domain = domain;
        expect_refused("domctl", cmd, hypercall_domctl(&op));
    }
}

static void sysctls(void)
{
    static struct xen_sysctl op;

    for (unsigned int cmd = 0; cmd < 40; cmd++) {
        memset(&op, 0, sizeof(op));
        op.cmd = cmd;
        op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        expect_refused("sysctl", cmd, hypercall_sysctl(&op));
    }
}

static void platform_ops(void)
{
    static struct xen_platform_op op;

    for (unsigned int cmd = 0; cmd < 70; cmd++) {
        memset(&op, 0, sizeof(op));
        op.cmd = cmd;
        op.interface_version = XENPF_INTERFACE_VERSION;
        expect_refused("platform_op", cmd, hypercall_platform_op(&op));
    }
}

/* What names another domain in other calls. */
static void others(void)
{
    struct xen_memory_reservation claim = {.nr_extents = 1, .domid = 0};
    struct sched_remote_shutdown shutdown = {.domain_id = 0, .reason = SHUTDOWN_crash};
    struct mmuext_op flush = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};
    domid_t first = 0;

    expect_refused("memory_op", XENMEM_claim_pages, hypercall_memory_op(XENMEM_claim_pages, &claim));
    expect_refused("memory_op", XENMEM_current_reservation, hypercall_memory_op(XENMEM_current_reservation, &first));
    expect_refused("memory_op", XENMEM_machine_memory_map, hypercall_memory_op(XENMEM_machine_memory_map, &claim));
    expect_refused("sched_op", SCHEDOP_remote_shutdown, hypercall_sched_op(SCHEDOP_remote_shutdown, &shutdown));
    expect_refused("mmuext_op", MMUEXT_TLB_FLUSH_LOCAL, hypercall_mmuext_op(&flush, 1, NULL, 0));
}

int main(void)
{
    domctls(0);
    domctls(1); /* the first one that is made beside the first domain: this */
    sysctls();
    platform_ops();
    others();
    printf("unprivileged: %u asked, %u refused\n", asked, refused);
    console_flush();
    return 0;
}
