/* SPDX-License-Identifier: MIT */
/* Operations that would have to stop the domain whose vcpu asks. */
#include "ops.h"

static const struct {
    uint32_t cmd;
    long rc;
} refused[] = {
    {XEN_DOMCTL_destroydomain, -XEN_EINVAL},       {XEN_DOMCTL_pausedomain, -XEN_EINVAL},
    {XEN_DOMCTL_unpausedomain, -XEN_EINVAL},       {XEN_DOMCTL_shadow_op, -XEN_EINVAL},
    {XEN_DOMCTL_setvcpucontext, -XEN_EINVAL},      {XEN_DOMCTL_getvcpucontext, -XEN_EINVAL},
    {XEN_DOMCTL_max_vcpus, -XEN_EINVAL},           {XEN_DOMCTL_setdebugging, -XEN_EINVAL},
    {XEN_DOMCTL_resumedomain, -XEN_EINVAL},        {XEN_DOMCTL_gettscinfo, -XEN_EINVAL},
    {XEN_DOMCTL_settscinfo, -XEN_EINVAL},          {XEN_DOMCTL_setvcpuextstate, -XEN_EINVAL},
    {XEN_DOMCTL_getvcpuextstate, -XEN_EINVAL},     {XEN_DOMCTL_get_vcpu_msrs, -XEN_EINVAL},
    {XEN_DOMCTL_set_vcpu_msrs, -XEN_EINVAL},       {XEN_DOMCTL_set_cpu_policy, -XEN_EINVAL},
    {XEN_DOMCTL_set_ext_vcpucontext, -XEN_ESRCH},  {XEN_DOMCTL_get_ext_vcpucontext, -XEN_ESRCH},
    {XEN_DOMCTL_monitor_op, -XEN_EPERM},           {XEN_DOMCTL_set_target, -XEN_EINVAL},
};

TEST("own_domain", "a domain cannot pause, destroy or change the context of itself")
{
    for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        CHECK_RC(domctl0(refused[i].cmd, 0), refused[i].rc);
}
