/* SPDX-License-Identifier: MIT */
/* Callbacks from structures that are not there, and at addresses that are none. */
#include "pointers.h"

static long reg(unsigned int type, unsigned long address)
{
    struct callback_register cb = {.type = (uint16_t)type, .address = address};

    return hypercall_callback_op(CALLBACKOP_register, &cb);
}

TEST("callback_op_bad_pointer", "callback_op: EFAULT for bad structures, EINVAL for bad addresses")
{
    CHECK_BAD_POINTERS(hypercall_callback_op(CALLBACKOP_register, p), -XEN_EFAULT);
    CHECK_BAD_POINTERS(hypercall_callback_op(CALLBACKOP_unregister, p), -XEN_EFAULT);
    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, NULL), -XEN_EFAULT);
    CHECK_RC(hypercall_callback_op(7, NULL), -XEN_ENOSYS);
    CHECK_RC(reg(CALLBACKTYPE_event, 0x800000000000ul), -XEN_EINVAL);
    CHECK_RC(reg(CALLBACKTYPE_failsafe, 0xffff7ffffffffffful), -XEN_EINVAL);
    CHECK_RC(reg(99, 0), -XEN_ENOSYS);
    CHECK_ALIVE();
}
