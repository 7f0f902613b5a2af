/* SPDX-License-Identifier: MIT */
/* Operations that are not there, and arguments that are none, get Xen's errno. */
#include "platform.h"

TEST("other_ops", "platform_op's other operations answer as on Xen")
{
    op.u.set_pminfo.type = 99;
    CHECK_RC(platform(XENPF_set_processor_pminfo), -XEN_EINVAL);
    CHECK_RC(platform(XENPF_change_freq), -XEN_ENOSYS);
    CHECK_RC(platform(XENPF_getidletime), -XEN_ENOSYS);
    op.u.platform_quirk.quirk_id = 0;
    CHECK_RC(platform(XENPF_platform_quirk), -XEN_EINVAL);
    op.u.platform_quirk.quirk_id = QUIRK_IOAPIC_GOOD_REGSEL;
    CHECK_RC(platform(XENPF_platform_quirk), 0);
    op.u.core_parking.type = XEN_CORE_PARKING_GET;
    op.u.core_parking.idle_nums = 5;
    CHECK_RC(platform(XENPF_core_parking), 0);
    CHECK_EQ(op.u.core_parking.idle_nums, 0);
    op.u.core_parking.type = 9;
    CHECK_RC(platform(XENPF_core_parking), -XEN_EINVAL);
    op.u.efi_runtime_call.function = XEN_EFI_get_time;
    CHECK_RC(platform(XENPF_efi_runtime_call), -XEN_ENOSYS);
}
