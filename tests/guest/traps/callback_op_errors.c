/* SPDX-License-Identifier: MIT */
/* Every type of callback_op, and what is none. */
#include "harness.h"

static long reg(unsigned int type, unsigned long address)
{
    struct callback_register cb = {.type = (uint16_t)type, .address = address};

    return hypercall_callback_op(CALLBACKOP_register, &cb);
}

static long unreg(unsigned int type)
{
    struct callback_unregister cb = {.type = (uint16_t)type};

    return hypercall_callback_op(CALLBACKOP_unregister, &cb);
}

static void nothing(void)
{
}

TEST("callback_op_answers", "callback_op takes the types of a 64-bit guest and refuses the rest")
{
    unsigned long good = (unsigned long)nothing;

    CHECK_RC(reg(CALLBACKTYPE_failsafe, good), 0);
    CHECK_RC(reg(CALLBACKTYPE_syscall, good), 0);
    CHECK_RC(reg(CALLBACKTYPE_syscall32, good), 0);
    CHECK_RC(reg(CALLBACKTYPE_sysenter, good), 0);
    CHECK_RC(reg(CALLBACKTYPE_nmi, good), 0);
    CHECK_RC(reg(CALLBACKTYPE_sysenter_deprecated, good), -XEN_ENOSYS);
    CHECK_RC(reg(6, good), -XEN_ENOSYS);
    CHECK_RC(reg(8, good), -XEN_ENOSYS);
    CHECK_RC(reg(0xffff, good), -XEN_ENOSYS);

    CHECK_RC(reg(CALLBACKTYPE_event, 0x800000000000), -XEN_EINVAL);
    CHECK_RC(reg(CALLBACKTYPE_failsafe, 0x800000000000), -XEN_EINVAL);
    CHECK_RC(reg(CALLBACKTYPE_syscall, 0x800000000000), -XEN_EINVAL);
    CHECK_RC(reg(CALLBACKTYPE_syscall32, 0x800000000000), -XEN_EINVAL);
    CHECK_RC(reg(CALLBACKTYPE_sysenter, 0x800000000000), -XEN_EINVAL);
    CHECK_RC(reg(CALLBACKTYPE_nmi, 0x800000000000), -XEN_EINVAL);
    CHECK_RC(reg(6, 0x800000000000), -XEN_EINVAL);

    CHECK_RC(unreg(CALLBACKTYPE_event), -XEN_EINVAL);
    CHECK_RC(unreg(CALLBACKTYPE_failsafe), -XEN_EINVAL);
    CHECK_RC(unreg(CALLBACKTYPE_syscall), -XEN_EINVAL);
    CHECK_RC(unreg(CALLBACKTYPE_syscall32), -XEN_EINVAL);
    CHECK_RC(unreg(CALLBACKTYPE_sysenter), -XEN_EINVAL);
    CHECK_RC(unreg(CALLBACKTYPE_nmi), 0);
    CHECK_RC(unreg(CALLBACKTYPE_sysenter_deprecated), -XEN_ENOSYS);
    CHECK_RC(unreg(6), -XEN_ENOSYS);

    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, (void *)8), -XEN_EFAULT);
    CHECK_RC(hypercall_callback_op(CALLBACKOP_unregister, (void *)8), -XEN_EFAULT);
    CHECK_RC(hypercall_callback_op(2, NULL), -XEN_ENOSYS);
    CHECK_RC(hypercall_callback_op(-1, NULL), -XEN_ENOSYS);
}
