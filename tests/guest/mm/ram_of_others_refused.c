/* SPDX-License-Identifier: MIT */
/*
 * A guest tries all RAM of the machine, frame by frame: what is not its own, the hypervisor's
 * image, tables and heap and all free memory, cannot be mapped, not even read-only. Below 1 MiB
 * there are no frames of anybody: that is device memory, which the first domain may map.
 * [TYP-3] [TYP-4] */
#include "tables.h"

static struct e820entry {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed)) map[128];

static bool own(unsigned long mfn)
{
    unsigned long pfn = mfn_to_pfn(mfn);

    if (mfn == start_info->shared_info >> PAGE_SHIFT || mfn == va_to_mfn(grant_table))
        return true;
    return pfn < start_info->nr_pages && pfn_to_mfn(pfn) == mfn;
}

TEST("ram_of_others_refused", "no RAM but the domain's own can be mapped")
{
    struct xen_memory_map m = {.nr_entries = 128};
    uint64_t *va = va_alloc(1), at = pte_maddr(va);
    unsigned long refused = 0;

    CHECK_RC(grants_init(1), 0);
    set_xen_guest_handle(m.buffer, map);
    MUST(hypercall_memory_op(XENMEM_machine_memory_map, &m));
    for (unsigned int i = 0; i < m.nr_entries; i++) {
        if (map[i].type != 1)
            continue;
        for (uint64_t a = map[i].addr < 0x100000 ? 0x100000 : map[i].addr;
             a < map[i].addr + map[i].size; a += PAGE_SIZE) {
            unsigned long mfn = a >> PAGE_SHIFT;
            long rc;

            if (own(mfn))
                continue;
            rc = pt_write(at, pte_make(mfn, PROT_RO));
            CHECK(rc == -XEN_EBUSY, "frame %lx: %ld", mfn, rc);
            refused++;
        }
    }
    CHECK(refused > 1000, "only %lu frames tried", refused);
}
