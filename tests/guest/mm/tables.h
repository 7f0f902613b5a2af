/* SPDX-License-Identifier: MIT */
/* Short forms for tests of page tables: one entry, one operation, one table at a time. */
#ifndef MM_TABLES_H
#define MM_TABLES_H

#include "harness.h"

/* What no page holds by accident, and as an entry is not present. */
#define PATTERN 0x5a5a5a5a5a5a5a00ul

/* Bits of a present PTE that Xen sets as it likes: global for user pages, 52 for kernel pages. */
#define PTE_HV (PTE_G | 1ul << 52)

/* The frame behind a page of the linear map. */
static inline unsigned long mfn_of(const void *page)
{
    return pfn_to_mfn(va_to_pfn(page));
}

/* Machine address of entry i of a table in the linear map: the ptr of an mmu_update. */
static inline uint64_t entry_of(const void *table, unsigned int i)
{
    return ((uint64_t)mfn_of(table) << PAGE_SHIFT) + i * 8ul;
}

/* Read-only alias of the kernel's PTE for va: where a guest writes its tables directly. */
static inline volatile uint64_t *pte_alias(const volatile void *va)
{
    uint64_t maddr = pte_maddr(va);

    return (volatile uint64_t *)((char *)mfn_to_va(maddr >> PAGE_SHIFT) + (maddr & ~PAGE_MASK));
}

/* An entry that points to a page of the linear map. */
static inline uint64_t entry_to(const void *page, uint64_t flags)
{
    return pte_make(mfn_of(page), flags);
}

/* One mmu_update with everything spelled out; ptr carries the command in its low bits. */
static inline long update_as(uint64_t ptr, uint64_t val, unsigned int domid)
{
    mmu_update_t req = {.ptr = ptr, .val = val};

    return hypercall_mmu_update(&req, 1, NULL, domid);
}

static inline long mmuext_as(unsigned int cmd, unsigned long arg1, unsigned long arg2,
                             unsigned int domid)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.linear_addr = arg1};

    op.arg2.src_mfn = arg2;
    return hypercall_mmuext_op(&op, 1, NULL, domid);
}

/* update_va_mapping with a flush everywhere. */
static inline long remap(const volatile void *va, uint64_t pte)
{
    return hypercall_update_va_mapping((unsigned long)va, pte, UVMF_INVLPG | UVMF_ALL);
}

static inline long pin(const void *table, int level)
{
    return mmuext(MMUEXT_PIN_L1_TABLE + (unsigned int)level - 1, mfn_of(table));
}

static inline long unpin(const void *table)
{
    return mmuext(MMUEXT_UNPIN_TABLE, mfn_of(table));
}

/* A page fit to become a table, one entry of it filled: read-only, of no type yet. */
static inline uint64_t *page_with(unsigned int slot, uint64_t entry)
{
    uint64_t *page = page_alloc();

    page[slot] = entry;
    MUST(page_set_ro(page));
    return page;
}

/* An empty pinned table of level 1 to 4. */
static inline uint64_t *pinned_table(int level)
{
    uint64_t *table = pt_page_alloc();

    MUST(pin(table, level));
    return table;
}

/* Tables of levels 1 to level, each the first entry of the next, the highest one pinned. */
static inline uint64_t *pinned_tree(int level, uint64_t *tables[5], uint64_t pte)
{
    tables[1] = page_with(0, pte);
    for (int l = 2; l <= level; l++)
        tables[l] = page_with(0, entry_to(tables[l - 1], PROT_TABLE));
    MUST(pin(tables[level], level));
    return tables[level];
}

/* From now on writes to L1 tables are emulated, for kernels that write them directly. */
static inline void writable_tables_on(void)
{
    MUST(hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables));
}

/* The hypervisor's own list, without range checks. */
static inline const volatile unsigned long *m2p_slot(unsigned long mfn)
{
    return (const volatile unsigned long *)__MACH2PHYS_VIRT_START + mfn;
}

/* Gives one frame of ours back to the hypervisor; the caller has unmapped it. */
static inline long frame_free(unsigned long mfn)
{
    struct xen_memory_reservation r = {.nr_extents = 1, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, &mfn);
    return hypercall_memory_op(XENMEM_decrease_reservation, &r);
}

/* A RAM frame of the machine that belongs to nobody. The PFN stays empty. */
static inline unsigned long nobodys_frame(void)
{
    void *page = page_alloc();
    unsigned long mfn = mfn_of(page);

    MUST(remap(page, 0));
    REQUIRE(frame_free(mfn) == 1, "cannot give a frame back");
    return mfn;
}

#endif
