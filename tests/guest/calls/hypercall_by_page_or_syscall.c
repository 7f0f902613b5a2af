/* SPDX-License-Identifier: MIT */
/* The hypercall page's entries and the guest's own syscall instruction do the same. [HC-1] */
#include "harness.h"

TEST("hypercall_by_page_or_syscall", "the page and a syscall instruction are the same calls")
{
    xen_capabilities_info_t a, b;

    memset(a, 0x11, sizeof(a));
    memset(b, 0x22, sizeof(b));
    CHECK_RC(hypercall_xen_version(XENVER_capabilities, a), 0);
    CHECK_RC(
        hypercall_raw(__HYPERVISOR_xen_version, XENVER_capabilities, (unsigned long)b, 0, 0, 0), 0);
    CHECK(memcmp(a, b, sizeof(a)) == 0, "\"%s\" and \"%s\"", a, b);
    CHECK_RC(hypercall_xsm_op(NULL), hypercall_raw(__HYPERVISOR_xsm_op, 0, 0, 0, 0, 0));
    /* Numbers are taken in full width. */
    CHECK_RC(hypercall_raw(1ul << 32 | __HYPERVISOR_xen_version, 0, 0, 0, 0, 0), -XEN_ENOSYS);
    CHECK_RC(hypercall_raw(1ul << 63 | __HYPERVISOR_xen_version, 0, 0, 0, 0, 0), -XEN_ENOSYS);
    CHECK_RC(hypercall_raw(__HYPERVISOR_xen_version, 0, 0, 0, 0, 0), 4 << 16 | 17);
}
