/* SPDX-License-Identifier: MIT */
/* A device mapping maps nothing but tells the bus address, and keeps the grant in use. */
#include "self.h"

static int unmap(uint64_t host, uint64_t bus, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = host, .dev_bus_addr = bus, .handle = handle};

    MUST(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1));
    return op.status;
}

TEST("map_for_device", "a grant mapped for a device is in use until that mapping is undone")
{
    struct offer o = offer(0x99, 0);
    uint64_t *va = va_alloc(1), maddr = va_to_maddr(o.page);
    struct gnttab_map_grant_ref map = {.flags = GNTMAP_device_map, .ref = o.ref, .dom = OWN_DOMID};

    CHECK_RC(grant_map(&map), GNTST_okay);
    CHECK_EQ(map.dev_bus_addr, maddr);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_RC(unmap(0, maddr + PAGE_SIZE, map.handle), GNTST_bad_dev_addr);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_RC(unmap(0, maddr, map.handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
    CHECK_RC(unmap(0, maddr, map.handle), GNTST_bad_handle);

    /* For both, undone one after the other. */
    map.flags |= GNTMAP_host_map;
    map.host_addr = (unsigned long)va;
    CHECK_RC(grant_map(&map), GNTST_okay);
    CHECK_EQ(*va, 0x99);
    CHECK_RC(unmap(0, 0, map.handle), GNTST_okay);
    CHECK_EQ(*va, 0x99);
    CHECK_RC(unmap((unsigned long)va, 0, map.handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access | IN_USE);
    CHECK_RC(unmap(0, maddr, map.handle), GNTST_okay);
    CHECK_EQ(entry_flags(o.ref), GTF_permit_access);
}
