/* SPDX-License-Identifier: MIT */
/* Numbers that are no memory operation. */
#include "reserve.h"

TEST("unknown_memory_op_is_enosys", "unknown memory_op numbers are ENOSYS")
{
    static const unsigned int ops[] = {29, 30, 31, 60, 63};

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        long rc = hypercall_memory_op(ops[i], NULL);

        CHECK(rc == -XEN_ENOSYS, "operation %u: %ld", ops[i], rc);
    }
}
