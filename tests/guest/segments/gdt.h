/* SPDX-License-Identifier: MIT */
/* Descriptors, and tables of them on pages fit to be one. */
#ifndef SEGMENTS_GDT_H
#define SEGMENTS_GDT_H

#include "harness.h"

#define DESC_DATA 0x00cff3000000fffful   /* Flat, writable, DPL 3, accessed */
#define DESC_CODE64 0x00affb000000fffful /* DPL 3, accessed */
#define DESC_CODE32 0x00cffb000000fffful
#define DESC_DPL (3ul << 45)

#define GDT_PAGE_ENTRIES 512u

/* Of the GDT, for ring 3. */
#define SELECTOR(index) ((uint16_t)((index) << 3 | 3))
#define LDT_SELECTOR(index) ((uint16_t)((index) << 3 | 7))

/* A data descriptor with this base. */
static inline uint64_t desc_data_at(uint32_t base)
{
    return DESC_DATA | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)(base >> 24) << 56;
}

/* A page of empty descriptors, read-only as a table must be. */
static inline uint64_t *gdt_page(void)
{
    uint64_t *page = page_alloc();

    REQUIRE(page_set_ro(page) == 0, "cannot make a page read-only");
    return page;
}

static inline long set_gdt_page(const uint64_t *page, unsigned int entries)
{
    unsigned long frame = va_to_mfn(page);

    return hypercall_set_gdt(&frame, entries);
}

static inline long set_desc(const volatile uint64_t *entry, uint64_t desc)
{
    return hypercall_update_descriptor(va_to_maddr(entry), desc);
}

static inline uint64_t get_desc(const volatile uint64_t *entry)
{
    return *entry;
}

static inline struct fault load_es(unsigned int selector)
{
    return TRY_ASM("mov %0, %%es", : : "r"(selector) : "memory");
}

static inline unsigned int read_es(void)
{
    unsigned int es;

    asm volatile("mov %%es, %0" : "=r"(es));
    return es;
}

#endif
