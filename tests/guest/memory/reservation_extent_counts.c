/* SPDX-License-Identifier: MIT */
/* No extents, absurdly many, too large orders, an array that is not there: results, no crash. */
#include "reserve.h"

TEST("reservation_extent_counts", "odd counts, orders and arrays of a reservation do nothing")
{
    static const unsigned int cmds[] = {XENMEM_increase_reservation, XENMEM_decrease_reservation,
                                        XENMEM_populate_physmap};
    unsigned long list[2] = {va_to_pfn(page_alloc()), 0}, *hole = va_alloc(1);
    unsigned long *hypervisors = (unsigned long *)0xffff830000000000ul;
    long before = total_pages();

    for (size_t i = 0; i < 3; i++) {
        CHECK_RC(reserve(cmds[i], list, 0, 0, 0, DOMID_SELF), 0);
        CHECK_RC(reserve(cmds[i], list, ~0ul, 0, 0, DOMID_SELF), 0);
        CHECK_RC(reserve(cmds[i], list, 1ul << 58, 0, 0, DOMID_SELF), 0);
        CHECK_RC(reserve(cmds[i], hypervisors, 1, 0, 0, DOMID_SELF), 0);
        CHECK_RC(reserve(cmds[i], list, 1, 40, 0, DOMID_SELF), 0);
        CHECK_RC(reserve(cmds[i], list, 1, 63, 0, DOMID_SELF), 0);
        CHECK_RC(reserve(cmds[i], list, 1, 64, 0, DOMID_SELF), 0);
        CHECK_RC(reserve(cmds[i], list, 1, ~0u, 0, DOMID_SELF), 0);
        /* Xen gives the page and loses its number when increase_reservation cannot store it. */
        if (cmds[i] != XENMEM_increase_reservation)
            CHECK_RC(reserve(cmds[i], hole, 1, 0, 0, DOMID_SELF), 0);
        CHECK_EQ(total_pages(), before);
    }
}
