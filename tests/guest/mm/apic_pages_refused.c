/* SPDX-License-Identifier: MIT */
/*
 * Interrupt controllers are the hypervisor's. The local APIC is not mapped at all; the I/O APIC is,
 * but a writable entry silently becomes a read-only one, and writes are thrown away.
 */
#include "tables.h"

#define LAPIC_MFN 0xfee00
#define IOAPIC_MFN 0xfec00

static long map_io(void *va, unsigned long mfn, uint64_t flags)
{
    return map_foreign_page(&kernel_aspace, (unsigned long)va, mfn, flags | PTE_PCD, DOMID_IO);
}

TEST("apic_pages_refused", "the local APIC cannot be mapped, writes to the I/O APIC are dropped")
{
    uint64_t *va = va_alloc(1), *io = va_alloc(1), index = 0, after = 0;

    CHECK_RC(map_io(va, LAPIC_MFN, PROT_RW), -XEN_EPERM);
    CHECK_RC(map_io(va, LAPIC_MFN, PROT_RO), -XEN_EPERM);
    CHECK_RC(map_io(io, IOAPIC_MFN, PROT_RW), 0);
    CHECK_EQ(pte_read(io) & (PTE_P | PTE_RW), PTE_P);
    CHECK_NO_FAULT(TRY_ASM("movl (%1), %k0", : "=&r"(index) : "r"(io) : "memory"));
    CHECK_NO_FAULT(TRY_ASM("movl %k0, (%1)", : : "r"(index ^ 1), "r"(io) : "memory"));
    CHECK_NO_FAULT(TRY_ASM("movl (%1), %k0", : "=&r"(after) : "r"(io) : "memory"));
    CHECK(after != (index ^ 1), "the I/O APIC's index register was written");
}
