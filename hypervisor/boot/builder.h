/* SPDX-License-Identifier: MIT */
/* The inside of boot/domain_build.c: a domain's frames in pseudo-physical order, and writing them. */
#ifndef BOOT_BUILDER_H
#define BOOT_BUILDER_H

#include "boot/domlayout.h"
#include "core/domain.h"

/* Machine-contiguous piece of the domain. */
struct frame_run {
    uint64_t pfn, mfn, nr;
};

struct builder {
    struct domain *d;
    struct kernel_plan plan;
    struct dom_layout lay;
    struct frame_run *runs;       /* by pfn, without gaps from 0 */
    unsigned nr_runs, room, last; /* last: where the last search ended */
    uint64_t next_pfn;
    uint64_t next_table, tables_end; /* pfns that become page tables */
};

/* Give the domain frames for PFNs next_pfn..end-1. -ENOMEM. */
int builder_alloc(struct builder *b, uint64_t end);
void builder_free(struct builder *b); /* its lists, not the frames */

mfn_t builder_mfn(struct builder *b, uint64_t pfn);
void *builder_page(struct builder *b, uint64_t pfn);

/* Write at a byte address of pseudo-physical memory; src NULL: zeros. */
void builder_write(struct builder *b, uint64_t gpa, const void *src, uint64_t n);

/* The same at an address of the linear mapping. */
static inline uint64_t builder_gpa(const struct builder *b, uint64_t va)
{
    return va - b->lay.v_start;
}

/* The list of frames, and the machine-to-phys table, for all PFNs. */
void builder_write_p2m(struct builder *b);

/* Page tables for the layout; the L4's frame. */
mfn_t builder_write_tables(struct builder *b);

#endif
