/* SPDX-License-Identifier: MIT */
/* Toolstacks of other versions: everything else is looked at only afterwards. */
#include "ops.h"

TEST("wrong_version", "domctl and sysctl of another interface version are EACCES, whatever they ask")
{
    for (uint32_t cmd = 0; cmd < 100; cmd++) {
        for (uint32_t version = XEN_DOMCTL_INTERFACE_VERSION - 1; version <= XEN_DOMCTL_INTERFACE_VERSION + 1;
             version += 2) {
            dop = (struct xen_domctl){.cmd = cmd, .interface_version = version, .domain = NOBODY};
            CHECK_RC(hypercall_domctl(&dop), -XEN_EACCES);
            sop = (struct xen_sysctl){.cmd = cmd, .interface_version = version};
            CHECK_RC(hypercall_sysctl(&sop), -XEN_EACCES);
        }
    }
}
