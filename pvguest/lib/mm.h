/* SPDX-License-Identifier: MIT */
/*
 * Memory: frame numbers, pages, page tables.
 *
 * A PFN numbers the guest's own pages from 0; an MFN is the frame of the machine behind it. Page
 * tables hold MFNs. "maddr" is a machine address, MFN * 4096 + offset.
 *
 *   VIRT_BASE  image | boot structures, page tables | pages of page_alloc() ...   PFN n at
 *              VIRT_BASE + n * 4096: the linear map, extended by page_alloc() as needed, to 1 GiB
 *   KMAP_BASE  what map_pages_at() and va_alloc() hand out: mappings of any frame
 *
 * A page that is a page table must not be mapped writable anywhere; pt_page_alloc() sees to that.
 * All functions work on what is current on this vCPU; none is safe against a second vCPU that
 * changes the same tables or allocates: callers that use several vCPUs take turns.
 *
 * Changes of present entries do not flush other vCPUs unless said so: tlb_flush_all().
 */
#ifndef PVGUEST_MM_H
#define PVGUEST_MM_H

#include "hypercall.h"
#include "xen.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define VIRT_BASE 0xffffffff80000000ul
#define KMAP_BASE 0xffffc00000000000ul

#define PTE_P 0x001ul
#define PTE_RW 0x002ul
#define PTE_US 0x004ul
#define PTE_PWT 0x008ul
#define PTE_PCD 0x010ul
#define PTE_A 0x020ul
#define PTE_D 0x040ul
#define PTE_PSE 0x080ul /* On L1 entries: PAT */
#define PTE_G 0x100ul
#define PTE_AVAIL 0xe00ul
#define PTE_NX (1ul << 63)
#define PTE_ADDR 0x000ffffffffff000ul

/* Flags of ordinary mappings, and of entries that point to tables. */
#define PROT_RW (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PROT_RO (PTE_P | PTE_US | PTE_A)
#define PROT_TABLE (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static inline uint64_t pte_make(unsigned long mfn, uint64_t flags)
{
    return ((uint64_t)mfn << PAGE_SHIFT) | flags;
}

static inline unsigned long pte_mfn(uint64_t pte)
{
    return (pte & PTE_ADDR) >> PAGE_SHIFT;
}

/* ---- Frame numbers ---- */

#define INVALID_MFN (~0ul)

/* The guest's own list and the hypervisor's; INVALID_MFN / ~0 where there is none. */
unsigned long pfn_to_mfn(unsigned long pfn);
unsigned long mfn_to_pfn(unsigned long mfn);
/* After a change of what is behind a PFN (exchange, ballooning): note it in our list. */
void set_pfn_to_mfn(unsigned long pfn, unsigned long mfn);

/* The linear map. pfn_to_va() promises nothing beyond mm_linear_pages(). */
static inline void *pfn_to_va(unsigned long pfn)
{
    return (void *)(VIRT_BASE + (pfn << PAGE_SHIFT));
}
static inline unsigned long va_to_pfn(const volatile void *linear)
{
    return ((unsigned long)linear - VIRT_BASE) >> PAGE_SHIFT;
}
static inline void *mfn_to_va(unsigned long mfn)
{
    return pfn_to_va(mfn_to_pfn(mfn));
}
/* PFNs that the linear map covers. */
unsigned long mm_linear_pages(void);

/* By walking the kernel's tables, so for any address; INVALID_MFN if not mapped. */
unsigned long va_to_mfn(const volatile void *va);
/* By the same walk: machine address of the byte; ~0 if not mapped. */
uint64_t va_to_maddr(const volatile void *va);

/* ---- Pages ---- */

/* A zeroed page in the linear map, read-write; never NULL (panics when memory is out). */
void *page_alloc(void);
/* n pages with consecutive PFNs (not MFNs), zeroed. Given back page by page. */
void *pages_alloc(unsigned int n);
/* The page must be mapped read-write at its linear address, and nowhere else. */
void page_free(void *page);
/* How many more page_alloc() could hand out. */
unsigned long pages_left(void);

/* The linear mapping of one page, with a local flush; the hypercall's error. */
long page_set_ro(void *page);
long page_set_rw(void *page);

/* ---- Page tables ---- */

/* A tree of tables, known by its L4. */
struct aspace {
    unsigned long l4_mfn;
};

/* What the kernel runs on: at first the tables of the domain's builder. */
extern struct aspace kernel_aspace;

/* Index of va in a table of level 1..4. */
static inline unsigned int pt_index(unsigned long va, int level)
{
    return (va >> (3 + 9 * level)) & 511;
}

/*
 * Machine address of the entry of the given level (1: PTE ... 4) that translates va, or 0 when a
 * table on the way is missing. *entry, if not NULL, gets what it holds.
 */
uint64_t pt_entry(unsigned long l4_mfn, unsigned long va, int level, uint64_t *entry);
/* The same for the kernel's PTE: pte_maddr(p) is what mmu_update's ptr wants. */
uint64_t pte_maddr(const volatile void *va);
uint64_t pte_read(const volatile void *va);

/* Reads the table entry at a machine address inside one of our own pages. */
uint64_t pt_read(uint64_t entry_maddr);

/* One mmu_update of one entry, no flush: the hypercall's result. */
long pt_write(uint64_t entry_maddr, uint64_t value);

/* One mmuext_op without further arguments: MMUEXT_PIN_L1_TABLE, MMUEXT_UNPIN_TABLE, ... */
long mmuext(unsigned int cmd, unsigned long mfn);
long tlb_flush_local(void);
long tlb_flush_all(void);
long tlb_invlpg(const volatile void *va);

/* A zeroed page, read-only in the linear map, fit to become a table. Free: pt_page_free(). */
void *pt_page_alloc(void);
/* Also for pages that are no table any more: makes it writable again. */
void pt_page_free(void *page);

/*
 * Maps one page, or n consecutive MFNs, with PTE flags, adding tables where they are missing.
 * map_page() gives the error of the last step. Unmapping writes 0 and flushes this vCPU.
 */
long map_page(struct aspace *as, unsigned long va, unsigned long mfn, uint64_t flags);
long unmap_page(struct aspace *as, unsigned long va);
/* The same with an owner of the frame that is not ourselves: DOMID_IO, DOMID_XEN, another domain. */
long map_foreign_page(struct aspace *as, unsigned long va, unsigned long mfn, uint64_t flags,
                      domid_t owner);
/* Makes the L1 table (and those above) for va exist, so that its PTE has an address. */
void map_tables(struct aspace *as, unsigned long va);

/* n pages of kernel address space with tables but no pages; not given back. */
void *va_alloc(unsigned int n);
/* va_alloc() and map_page(): panics on failure. */
void *map_frames(unsigned long first_mfn, unsigned int n, uint64_t flags);

/* A fresh empty L4, pinned; for user mode, see user.h. */
struct aspace aspace_new(void);
/* A fresh pinned L4 with the kernel's mappings, fit for NEW_BASEPTR. */
struct aspace aspace_new_kernel(void);
/* Unpins the L4 and frees every table below it that is not the kernel's; not the pages mapped. */
void aspace_free(struct aspace *as);

/* Prints the walk of va, level by level. */
void pt_print(unsigned long l4_mfn, unsigned long va);

/* Called by pv_start(). */
void mm_init(void);

#endif
