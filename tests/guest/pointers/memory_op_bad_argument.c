/* SPDX-License-Identifier: MIT */
/* Every memory_op that takes a structure, with structures that are not there. */
#include "pointers.h"

TEST("memory_op_bad_argument", "memory_op with a bad argument is EFAULT, a reservation 0")
{
    static const unsigned int ops[] = {
        XENMEM_exchange,       XENMEM_current_reservation, XENMEM_maximum_reservation,
        XENMEM_maximum_gpfn,   XENMEM_machphys_mapping,    XENMEM_machphys_mfn_list,
        XENMEM_add_to_physmap, XENMEM_remove_from_physmap, XENMEM_machine_memory_map,
    };

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        unsigned int op = ops[i];

        CHECK_RC(hypercall_memory_op(op, NULL), -XEN_EFAULT);
        CHECK_BAD_POINTERS(hypercall_memory_op(op, p), -XEN_EFAULT);
    }
    /* Reservations return how many extents they did. */
    for (unsigned int op = XENMEM_increase_reservation; op <= XENMEM_populate_physmap; op++)
        if (op <= XENMEM_decrease_reservation || op == XENMEM_populate_physmap)
            CHECK_BAD_POINTERS(hypercall_memory_op(op, p), 0);
    CHECK_ALIVE();
}
