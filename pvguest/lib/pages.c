/* SPDX-License-Identifier: MIT */
/*
 * Pages are handed out in the order of their PFNs, from behind the builder's structures to the end
 * of the domain's memory. The builder maps only the first of them: the linear map grows by one L1
 * table when it comes to its end, and the table is the last page that is mapped.
 *
 * LIMIT: pages from 1 GiB on are not used: they would need a second L2 table.
 */
#include "pages.h"

#include "pvguest.h"

#define PAGES_MAX (1ul << 18)
#define L1_PAGES 512

struct free_page {
    struct free_page *next;
};

static struct free_page *free_list;
static unsigned long free_count;
static unsigned long next_pfn;   /* First PFN never handed out */
static unsigned long mapped_pfn; /* First PFN without a linear mapping */
static unsigned long end_pfn;

unsigned long mm_linear_pages(void)
{
    return mapped_pfn;
}

static bool linear_mapped(unsigned long pfn)
{
    uint64_t entry = 0;

    return pt_entry(kernel_aspace.l4_mfn, (unsigned long)pfn_to_va(pfn), 1, &entry) &&
           (entry & PTE_P);
}

void pages_init(void)
{
    end_pfn = start_info->nr_pages < PAGES_MAX ? start_info->nr_pages : PAGES_MAX;
    /* One page of boot stack stands behind the page tables, in both builders' layouts. */
    next_pfn = va_to_pfn((void *)start_info->pt_base) + start_info->nr_pt_frames + 1;
    mapped_pfn = next_pfn; /* The tables are mapped: enough for the walk. */
    while (mapped_pfn < end_pfn && linear_mapped(mapped_pfn))
        mapped_pfn++;
}

/* Fills the rest of an L1 table that the builder left part empty. */
static void map_to_table_end(void)
{
    while (mapped_pfn % L1_PAGES && mapped_pfn < end_pfn) {
        MUST(hypercall_update_va_mapping((unsigned long)pfn_to_va(mapped_pfn),
                                         pte_make(pfn_to_mfn(mapped_pfn), PROT_RW), UVMF_NONE));
        mapped_pfn++;
    }
}

/* Maps the next 2 MiB through a new L1 table in the page `table`. */
static void map_new_table(uint64_t *table)
{
    unsigned long first = mapped_pfn;
    uint64_t at;

    memset(table, 0, PAGE_SIZE);
    for (; mapped_pfn < end_pfn && mapped_pfn < first + L1_PAGES; mapped_pfn++)
        table[mapped_pfn - first] = pte_make(pfn_to_mfn(mapped_pfn), PROT_RW);
    MUST(page_set_ro(table));
    at = pt_entry(kernel_aspace.l4_mfn, (unsigned long)pfn_to_va(first), 2, NULL);
    ASSERT(at);
    MUST(pt_write(at, pte_make(pfn_to_mfn(va_to_pfn(table)), PROT_TABLE)));
}

/* After this, next_pfn is mapped and is not the last mapped page unless it is the last of all. */
static void grow(void)
{
    if (next_pfn + 1 < mapped_pfn || mapped_pfn >= end_pfn)
        return;
    ASSERT(next_pfn < mapped_pfn);
    if (mapped_pfn % L1_PAGES && linear_mapped(mapped_pfn & ~(L1_PAGES - 1ul)))
        map_to_table_end();
    else
        map_new_table(pfn_to_va(next_pfn++));
}

static void *fresh_page(void)
{
    grow();
    if (next_pfn >= mapped_pfn)
        panic("out of memory: all %lu pages are in use", end_pfn);
    return pfn_to_va(next_pfn++);
}

void *page_alloc(void)
{
    struct free_page *page = free_list;

    if (page) {
        free_list = page->next;
        free_count--;
    } else {
        page = fresh_page();
    }
    return memset(page, 0, PAGE_SIZE);
}

void *pages_alloc(unsigned int n)
{
    char *first = NULL;

    ASSERT(n > 0);
    for (unsigned int i = 0; i < n; i++) {
        char *page = fresh_page();

        /* A table of the linear map took the page between: start again behind it. */
        if (first && page != first + i * PAGE_SIZE) {
            for (unsigned int j = 0; j < i; j++)
                page_free(first + j * PAGE_SIZE);
            first = NULL;
            i = 0;
        }
        if (!first)
            first = page;
    }
    return memset(first, 0, n * PAGE_SIZE);
}

void page_free(void *page)
{
    struct free_page *p = page;

    p->next = free_list;
    free_list = p;
    free_count++;
}

unsigned long pages_left(void)
{
    unsigned long unmapped = end_pfn - mapped_pfn;

    return free_count + (end_pfn - next_pfn) - (unmapped + L1_PAGES - 1) / L1_PAGES;
}
