/* SPDX-License-Identifier: MIT */
/*
 * All of xen_version: which sub-operations there are, how much each writes, which pointers they
 * refuse. What the texts say is the hypervisor's own affair, except the capability of the guest.
 */
#include "harness.h"

static char buffer[PAGE_SIZE];

/* Bytes written, counted to the last that is not the filling. */
static unsigned int written(void)
{
    unsigned int n = sizeof(buffer);

    while (n > 0 && buffer[n - 1] == 0x5a)
        n--;
    return n;
}

static const struct {
    int cmd;
    unsigned int size;
} texts[] = {
    {XENVER_extraversion, sizeof(xen_extraversion_t)},
    {XENVER_compile_info, sizeof(struct xen_compile_info)},
    {XENVER_capabilities, sizeof(xen_capabilities_info_t)},
    {XENVER_changeset, sizeof(xen_changeset_info_t)},
    {XENVER_platform_parameters, sizeof(struct xen_platform_parameters)},
    {XENVER_guest_handle, sizeof(xen_domain_handle_t)},
    {XENVER_commandline, sizeof(xen_commandline_t)},
};

TEST("xen_version_sub_ops",
     "xen_version's sub-operations fill their structures, unknown are -ENOSYS")
{
    struct xen_feature_info features = {.submap_idx = 0};
    void *bad = (void *)HYPERVISOR_VIRT_START;

    CHECK_RC(hypercall_xen_version(XENVER_version, bad), 4 << 16 | 17);
    CHECK_RC(hypercall_xen_version(XENVER_pagesize, NULL), PAGE_SIZE);
    CHECK_RC(hypercall_xen_version(XENVER_pagesize, buffer), -XEN_EINVAL);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        memset(buffer, 0x5a, sizeof(buffer));
        CHECK_RC(hypercall_xen_version(texts[i].cmd, buffer), 0);
        CHECK(written() == texts[i].size, "sub-op %d wrote %u bytes", texts[i].cmd, written());
        CHECK_RC(hypercall_xen_version(texts[i].cmd, NULL), -XEN_EFAULT);
        CHECK_RC(hypercall_xen_version(texts[i].cmd, bad), -XEN_EFAULT);
    }
    CHECK_RC(hypercall_xen_version(XENVER_capabilities, buffer), 0);
    CHECK(strncmp(buffer, "xen-3.0-x86_64 ", 15) == 0, "capabilities \"%s\"", buffer);
    CHECK_RC(hypercall_xen_version(XENVER_platform_parameters, buffer), 0);
    CHECK_EQ(*(uint64_t *)buffer, HYPERVISOR_VIRT_START);

    CHECK_RC(hypercall_xen_version(XENVER_get_features, &features), 0);
    CHECK_EQ(features.submap, 0x228f0);
    features.submap_idx = 1;
    CHECK_RC(hypercall_xen_version(XENVER_get_features, &features), -XEN_EINVAL);
    CHECK_RC(hypercall_xen_version(XENVER_get_features, NULL), -XEN_EFAULT);

    CHECK_RC(hypercall_xen_version(8 + 3, buffer), -XEN_ENOSYS);
    CHECK_RC(hypercall_xen_version(-1, buffer), -XEN_ENOSYS);
    CHECK_RC(hypercall_xen_version(0x10000, buffer), -XEN_ENOSYS);
}
