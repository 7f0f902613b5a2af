/* SPDX-License-Identifier: MIT */
/* Every event channel operation with an argument that is not there. */
#include "pointers.h"

TEST("event_channel_op_bad_pointer", "event_channel_op with a bad argument is EFAULT")
{
    for (int cmd = 0; cmd <= EVTCHNOP_set_priority; cmd++) {
        CHECK_RC(hypercall_event_channel_op(cmd, NULL), -XEN_EFAULT);
        CHECK_BAD_POINTERS(hypercall_event_channel_op(cmd, p), -XEN_EFAULT);
    }
    CHECK_ALIVE();
}
