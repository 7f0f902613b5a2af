/* SPDX-License-Identifier: MIT */
/*
 * Where everything goes in a new domain's address space and memory. Pure arithmetic, the same for
 * the first domain and the others.
 *
 * Virtual, from virt_base up, mapped linearly onto pseudo-physical frames 0, 1, 2, …:
 *
 *   virt_base .. kernel .. [initrd] .. [list of frames] | start_info | special | page tables | stack | slack
 *                          unless the kernel said
 *                          MOD_START_PFN     INIT_P2M
 *
 * special: pages a toolstack wants there, for the store's and the console's rings.
 *
 * The end is rounded up to 4 MiB and leaves at least 512 KiB of slack behind the stack. The page tables
 * map themselves, so their number is the smallest that is enough for what they make the range.
 *
 * Pseudo-physical frames behind the range: the initrd, if it is not mapped; then, if the list of frames
 * has a place of its own (INIT_P2M), its pages and the pages of its tables, in one piece; then
 * the rest of the memory.
 */
#ifndef BOOT_DOMLAYOUT_H
#define BOOT_DOMLAYOUT_H

#include "boot/elfplan.h"

struct dom_layout {
    uint64_t nr_pages;                                         /* of the domain */
    uint64_t v_start, v_end;                                   /* the linear mapping */
    uint64_t v_initrd, v_p2m, v_start_info, v_special, v_tables, v_stack; /* v_initrd 0: not mapped or none */
    uint64_t image_pages;                                      /* (v_end - v_start) in pages */
    uint64_t nr_tables;                                        /* at v_tables, the L4 first */
    uint64_t initrd_pfn, initrd_pages;                         /* wherever it is */
    uint64_t p2m_pages;                                        /* of the list itself */
    uint64_t p2m_pfn, p2m_tables;                              /* INIT_P2M only, else 0 */
};

#define BOOT_STACK_SIZE PAGE_SIZE

/* Tables needed to map [start, end): those of level 1, 2 and 3. */
uint64_t tables_for(uint64_t start, uint64_t end);

/* True, or false and the words in err[PLAN_ERROR]. */
bool dom_layout(const struct kernel_plan *plan, uint64_t nr_pages, uint64_t initrd_size, unsigned special,
                struct dom_layout *out, char *err);

#endif
