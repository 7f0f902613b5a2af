/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own address space: builds what x86/layout.h draws, at boot, from the memory map.
 * Owns: the idle L4, directmap, max_mfn, m2p, frame_table, the ioremap window.
 *
 * RAM that the boot needs itself (page tables, frame table, m2p) is taken from the top of RAM, so
 * that memory below 4 GiB stays for devices; what is left goes to heap_add().
 * The frame table and the m2p table exist for all frames below max_mfn and at least 4 GiB;
 * stretches without RAM share a few frames: their m2p entries say M2P_INVALID, their struct frame
 * is DOMID_IO's (its counts are then those of many frames together, and mean nothing).
 *
 * LIMIT: the direct map also maps the image's code and read-only data, writable. LIMIT: no guard
 * pages below stacks.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include "core/e820.h"
#include "core/pte.h"

extern uint64_t idle_l4[PTES_PER_TABLE];
extern uint64_t idle_cr3;

/* free: the memory map in which only what nobody uses is E820_RAM (the image, the modules and the
 * first MiB are not); it is changed as memory is taken from it. all: the machine's map. Ends
 * running on the idle L4. */
void paging_init(const struct e820_map *all, struct e820_map *free);
/* After heap_init() has run: hand over holes and free RAM. */
void paging_fill_heap(const struct e820_map *all, const struct e820_map *free);

/* Copy the slots all address spaces share (256..271 but the per-domain one) into a guest's L4. */
void paging_copy_slots(uint64_t *l4);

#define IOREMAP_UNCACHED 1u
#define IOREMAP_READONLY 2u
/* Map [addr, addr + size) for the hypervisor, for good. Panics when out of room. Boot only. */
void *ioremap(maddr_t addr, size_t size, unsigned flags);

/* Room for pages that are mapped later, one by one and each once, for good; without caching. */
void *ioremap_reserve(unsigned pages);
void ioremap_fill(void *va, maddr_t addr);

/* Stretches of RAM that hypervisor tables take, in bytes; for the boot's report. */
extern uint64_t paging_overhead;

#endif
