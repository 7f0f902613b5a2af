/* SPDX-License-Identifier: MIT */
/* The first domain maps device memory, here the VGA text buffer, as DOMID_IO's and as its own. */
#include "tables.h"

#define VGA_MFN 0xb8

TEST("dom_io_maps_mmio", "the first domain maps device memory writable and gets at it")
{
    volatile uint16_t *io = va_alloc(1), *self = va_alloc(1);
    struct fault f;

    CHECK_RC(
        map_foreign_page(&kernel_aspace, (unsigned long)io, VGA_MFN, PROT_RW | PTE_PCD, DOMID_IO),
        0);
    CHECK_RC(map_page(&kernel_aspace, (unsigned long)self, VGA_MFN, PROT_RW | PTE_PCD), 0);
    f = try_write8((void *)(io + 2000), 'x');
    CHECK_NO_FAULT(f);
    CHECK_EQ(self[2000] & 0xff, 'x');
    CHECK_RC(unmap_page(&kernel_aspace, (unsigned long)io), 0);
    CHECK_FAULT(try_write8((void *)(io + 2000), 'y'), TRAP_PF);
    CHECK_EQ(self[2000] & 0xff, 'x');
}
