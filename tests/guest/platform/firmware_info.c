/* SPDX-License-Identifier: MIT */
/* What the BIOS left: keyboard flags, but neither EFI nor monitor data, and no disk without end. [PLT-2] */
#include "platform.h"

static long firmware(uint32_t type, uint32_t index)
{
    op.u.firmware_info.type = type;
    op.u.firmware_info.index = index;
    return platform(XENPF_firmware_info);
}

TEST("firmware_info", "firmware_info has keyboard flags, and ESRCH where a list ends")
{
    op.u.firmware_info.u.kbd_shift_flags = 0xa5;
    CHECK_RC(firmware(XEN_FW_KBD_SHIFT_FLAGS, 0), 0);
    CHECK(!(op.u.firmware_info.u.kbd_shift_flags & 0x8f), "flags %x", op.u.firmware_info.u.kbd_shift_flags);
    CHECK_RC(firmware(XEN_FW_KBD_SHIFT_FLAGS, 1), -XEN_ESRCH);
    CHECK_RC(firmware(XEN_FW_DISK_INFO, 200), -XEN_ESRCH);
    CHECK_RC(firmware(XEN_FW_DISK_MBR_SIGNATURE, 200), -XEN_ESRCH);
    CHECK_RC(firmware(XEN_FW_VBEDDC_INFO, 1), -XEN_ESRCH);
    CHECK_RC(firmware(XEN_FW_EFI_INFO, XEN_FW_EFI_VERSION), -XEN_ENOSYS);
    CHECK_RC(firmware(XEN_FW_EFI_INFO, 99), -XEN_ENOSYS);
    CHECK_RC(firmware(0, 0), -XEN_EINVAL);
    CHECK_RC(firmware(99, 0), -XEN_EINVAL);
}
