/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* Machine checks: none to fetch; physcpuinfo counts and lists the CPUs. */
#include "harness.h"
#include <xen/arch-x86/xen-mca.h>

static struct xen_mc mc;
static xen_mc_logical_cpu_t list[3];
static struct mc_info info;

static long mca(uint32_t cmd)
{
    mc.cmd = cmd;
    mc.interface_version = XEN_MCA_INTERFACE_VERSION;
    return hypercall_mca(&mc);
}

TEST("mca", "mca lists the CPUs and has no machine check to report")
{
    mc.u.mc_physcpuinfo.ncpus = 0;
    set_xen_guest_handle(mc.u.mc_physcpuinfo.info, NULL);
    CHECK_RC(mca(XEN_MC_physcpuinfo), 0);
    CHECK_EQ(mc.u.mc_physcpuinfo.ncpus, 2);
    set_xen_guest_handle(mc.u.mc_physcpuinfo.info, list);
    mc.u.mc_physcpuinfo.ncpus = 3;
    memset(list, 0xee, sizeof(list));
    CHECK_RC(mca(XEN_MC_physcpuinfo), 0);
    CHECK_EQ(mc.u.mc_physcpuinfo.ncpus, 2);
    CHECK_EQ(list[1].mc_cpunr, 1);
    CHECK_EQ(list[1].mc_apicid, 1);
    CHECK_EQ(list[1].mc_family, 15);
    CHECK(!memcmp(list[1].mc_vendorid, "AuthenticAMD", 12), "another vendor");
    CHECK_EQ(list[2].mc_cpunr, 0xeeeeeeee);

    mc.u.mc_fetch.flags = XEN_MC_URGENT;
    set_xen_guest_handle(mc.u.mc_fetch.data, &info);
    CHECK_RC(mca(XEN_MC_fetch), 0);
    CHECK_EQ(mc.u.mc_fetch.flags, XEN_MC_NODATA);
    mc.u.mc_fetch.flags = XEN_MC_NONURGENT;
    CHECK_RC(mca(XEN_MC_fetch), 0);
    CHECK_EQ(mc.u.mc_fetch.flags, XEN_MC_NODATA);
    mc.u.mc_fetch.flags = 0;
    CHECK_RC(mca(XEN_MC_fetch), -XEN_EINVAL);
}
