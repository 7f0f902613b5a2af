/* SPDX-License-Identifier: MIT */
/* vcpus that are not there, contexts that are none, and pointers that lead nowhere. */
#include "ops.h"

static domid_t id;
static uint64_t mask;

static long affinity(uint32_t cmd, uint32_t vcpu, uint32_t flags, uint32_t bits, void *map)
{
    clear_dop();
    dop.u.vcpuaffinity.vcpu = vcpu;
    dop.u.vcpuaffinity.flags = flags;
    dop.u.vcpuaffinity.cpumap_hard.nr_bits = dop.u.vcpuaffinity.cpumap_soft.nr_bits = bits;
    set_xen_guest_handle(dop.u.vcpuaffinity.cpumap_hard.bitmap, map);
    set_xen_guest_handle(dop.u.vcpuaffinity.cpumap_soft.bitmap, map);
    return domctl(cmd, id);
}

static long context(uint32_t cmd, uint32_t vcpu, void *at)
{
    clear_dop();
    dop.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(dop.u.vcpucontext.ctxt, at);
    return domctl(cmd, id);
}

static void absent_vcpus(void)
{
    static const uint32_t bad[] = {2, 3, 8191, 0x7fffffff, ~0u};

    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, bad[i], XEN_VCPUAFFINITY_HARD, 64, &mask), -XEN_EINVAL);
        CHECK_RC(affinity(XEN_DOMCTL_getvcpuaffinity, bad[i], XEN_VCPUAFFINITY_HARD, 64, &mask), -XEN_EINVAL);
        CHECK_RC(context(XEN_DOMCTL_setvcpucontext, bad[i], NULL), -XEN_EINVAL);
        CHECK_RC(context(XEN_DOMCTL_getvcpucontext, bad[i], NULL), -XEN_EINVAL);
        clear_dop();
        dop.u.getvcpuinfo.vcpu = bad[i];
        CHECK_RC(domctl(XEN_DOMCTL_getvcpuinfo, id), -XEN_EINVAL);
        clear_dop();
        dop.u.sendtrigger.vcpu = bad[i];
        CHECK_RC(domctl(XEN_DOMCTL_sendtrigger, id), -XEN_ESRCH);
        clear_dop();
        dop.u.ext_vcpucontext.vcpu = bad[i];
        CHECK_RC(domctl(XEN_DOMCTL_get_ext_vcpucontext, id), -XEN_ESRCH);
        clear_dop();
        dop.u.vcpuextstate.vcpu = bad[i];
        CHECK_RC(domctl(XEN_DOMCTL_getvcpuextstate, id), -XEN_ESRCH);
    }
}

static void affinities(void)
{
    const uint32_t both = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
    char *nowhere = (char *)0xffff800000000000ul;

    CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, 0, 0, 64, &mask), -XEN_EINVAL);
    CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, 0, both, 64, NULL), -XEN_EINVAL);
    CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, 0, both, 64, nowhere), -XEN_EFAULT);
    mask = 0;
    CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, 0, XEN_VCPUAFFINITY_HARD, 64, &mask), -XEN_EINVAL);
    mask = ~0ull << 32;
    CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, 0, XEN_VCPUAFFINITY_HARD, 64, &mask), -XEN_EINVAL);
    mask = ~0ull;
    CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, 0, XEN_VCPUAFFINITY_HARD, 64, &mask), 0);
    CHECK_EQ(mask, 1); /* the CPUs there are */
    mask = ~0ull;
    CHECK_RC(affinity(XEN_DOMCTL_setvcpuaffinity, 0, both, 3, &mask), 0);
    CHECK_EQ(mask & 0xff, 1);
    CHECK_EQ(mask >> 8, ~0ull >> 8); /* no byte more than said */
    CHECK_RC(affinity(XEN_DOMCTL_getvcpuaffinity, 0, both, 0, &mask), 0);
    CHECK_RC(affinity(XEN_DOMCTL_getvcpuaffinity, 0, both, 64, nowhere), -XEN_EFAULT);
}

TEST("vcpu_arguments", "absent vcpus, missing contexts and bad pointers give an error each")
{
    static struct vcpu_guest_context ctx;

    id = new_domain(2);
    absent_vcpus();
    affinities();
    CHECK_RC(context(XEN_DOMCTL_getvcpucontext, 0, &ctx), -XEN_ENODATA);
    CHECK_RC(context(XEN_DOMCTL_setvcpucontext, 0, (void *)0xffff800000000000ul), -XEN_EFAULT);
    CHECK_RC(context(XEN_DOMCTL_setvcpucontext, 0, NULL), 0);
    CHECK_RC(context(XEN_DOMCTL_setvcpucontext, 0, &ctx), -XEN_EINVAL); /* no root table */
    ctx.flags = VGCF_in_kernel;
    ctx.ctrlreg[3] = 1ull << 50;
    CHECK_RC(context(XEN_DOMCTL_setvcpucontext, 0, &ctx), -XEN_EINVAL);
    ctx.user_regs.rip = 0x8000000000000000ul;
    CHECK_RC(context(XEN_DOMCTL_setvcpucontext, 0, &ctx), -XEN_EINVAL);
    destroy(id);
}
