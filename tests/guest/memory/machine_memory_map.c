/* SPDX-License-Identifier: MIT */
/* The first domain gets the machine's e820: sorted, with RAM, all our frames inside it. */
#include "reserve.h"

static struct e820entry {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed)) map[128];

TEST("machine_memory_map", "machine_memory_map is the sorted e820, EINVAL if it does not fit")
{
    struct xen_memory_map m = {.nr_entries = 128};
    unsigned int n;

    set_xen_guest_handle(m.buffer, map);
    CHECK_RC(hypercall_memory_op(XENMEM_machine_memory_map, &m), 0);
    n = m.nr_entries;
    CHECK(n > 1 && n < 128, "%u entries", n);
    for (unsigned int i = 1; i < n; i++)
        CHECK(map[i].addr >= map[i - 1].addr + map[i - 1].size, "entry %u is out of order", i);
    for (unsigned long pfn = 0; pfn < start_info->nr_pages; pfn += 64) {
        uint64_t a = (uint64_t)pfn_to_mfn(pfn) << PAGE_SHIFT;
        unsigned int i = 0;

        while (i < n && !(map[i].type == 1 && a >= map[i].addr && a < map[i].addr + map[i].size))
            i++;
        CHECK(i < n, "our frame at %lx is not RAM", a);
    }
    memset(map, 0, sizeof(map));
    for (m.nr_entries = 0; m.nr_entries < 2; m.nr_entries++)
        CHECK_RC(hypercall_memory_op(XENMEM_machine_memory_map, &m), -XEN_EINVAL);
    CHECK_EQ(map[0].type, 0);
}
