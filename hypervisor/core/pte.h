/* SPDX-License-Identifier: MIT */
/* Bits of a page-table entry (SDM vol. 3, 4.5). */
#ifndef CORE_PTE_H
#define CORE_PTE_H

#include "lib/types.h"

#define PTE_P    BIT(0)
#define PTE_RW   BIT(1)
#define PTE_US   BIT(2)
#define PTE_PWT  BIT(3)
#define PTE_PCD  BIT(4)
#define PTE_A    BIT(5)
#define PTE_D    BIT(6)
#define PTE_PS   BIT(7) /* L2, L3 */
#define PTE_PAT  BIT(7) /* L1 */
#define PTE_G    BIT(8)
#define PTE_NX   BIT(63)
#define PTE_ADDR 0x000ffffffffff000ull

#define PTES_PER_TABLE 512

static inline mfn_t pte_mfn(uint64_t e) { return MFN((e & PTE_ADDR) >> PAGE_SHIFT); }
static inline uint64_t pte_make(mfn_t m, uint64_t flags) { return (m.n << PAGE_SHIFT) | flags; }

/* Index of va in its level's table, level 1..4. */
static inline unsigned pte_index(uint64_t va, int level)
{
    return (unsigned)(va >> (12 + 9 * (level - 1))) & 511;
}

static inline bool va_canonical(uint64_t va) { return (uint64_t)((int64_t)(va << 16) >> 16) == va; }

/* The hypervisor's part of every address space: L4 slots 256..271. */
#define HV_SLOT_FIRST 256
#define HV_SLOT_LAST  271
#define HV_VIRT_START 0xffff800000000000ull
#define HV_VIRT_END   0xffff880000000000ull

static inline bool va_is_guest(uint64_t va, uint64_t bytes)
{
    /* The guest's part is one range from HV_VIRT_END on, wrapping round to HV_VIRT_START. */
    return bytes <= HV_VIRT_START && va - HV_VIRT_END <= HV_VIRT_START - HV_VIRT_END - bytes;
}

#endif
