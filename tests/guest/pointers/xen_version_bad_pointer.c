/* SPDX-License-Identifier: MIT */
/* Version strings to where they cannot be stored. */
#include "pointers.h"

TEST("xen_version_bad_pointer", "xen_version to a bad or read-only address is EFAULT")
{
    static const int cmds[] = {XENVER_extraversion, XENVER_compile_info,        XENVER_capabilities,
                               XENVER_changeset,    XENVER_platform_parameters, XENVER_get_features,
                               XENVER_guest_handle, XENVER_commandline};
    char zero[8] = {0};

    for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++) {
        int cmd = cmds[i];

        CHECK_BAD_POINTERS(hypercall_xen_version(cmd, p), -XEN_EFAULT);
        CHECK_RC(hypercall_xen_version(cmd, NULL), -XEN_EFAULT);
        CHECK_RC(hypercall_xen_version(cmd, read_only_copy(zero, 8)), -XEN_EFAULT);
    }
    CHECK_RC(hypercall_xen_version(XENVER_version, bad_pointers()[4].p), 4 << 16 | 17);
    CHECK_RC(hypercall_xen_version(XENVER_pagesize, NULL), PAGE_SIZE);
    CHECK_RC(hypercall_xen_version(XENVER_pagesize, bad_pointers()[0].p), -XEN_EINVAL);
    CHECK_RC(hypercall_xen_version(77, bad_pointers()[0].p), -XEN_ENOSYS);
    CHECK_ALIVE();
}
