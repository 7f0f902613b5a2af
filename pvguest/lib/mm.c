/* SPDX-License-Identifier: MIT */
/* Frame numbers and page tables; pages.c allocates, aspace.c builds further trees. */
#include "mm.h"

#include "pages.h"
#include "pvguest.h"

#define KMAP_PAGES_MAX (1ul << 27)

struct aspace kernel_aspace;

static const unsigned long *m2p;
static unsigned long m2p_entries;
static unsigned long kmap_next;

unsigned long pfn_to_mfn(unsigned long pfn)
{
    const unsigned long *list = (const unsigned long *)start_info->mfn_list;

    return pfn < start_info->nr_pages ? list[pfn] : INVALID_MFN;
}

void set_pfn_to_mfn(unsigned long pfn, unsigned long mfn)
{
    unsigned long *list = (unsigned long *)start_info->mfn_list;

    ASSERT(pfn < start_info->nr_pages);
    list[pfn] = mfn;
}

unsigned long mfn_to_pfn(unsigned long mfn)
{
    uint64_t pfn = ~0ul;

    /* Parts of the list may have no memory behind them: frames that are no RAM. */
    if (mfn >= m2p_entries || try_read(&m2p[mfn], &pfn).vector != FAULT_NONE)
        return ~0ul;
    return pfn;
}

uint64_t pt_read(uint64_t maddr)
{
    unsigned long pfn = mfn_to_pfn(maddr >> PAGE_SHIFT);

    if (pfn >= mm_linear_pages())
        panic("table entry at machine address %lx is not in our memory", maddr);
    return *(volatile uint64_t *)((char *)pfn_to_va(pfn) + (maddr & ~PAGE_MASK));
}

uint64_t pt_entry(unsigned long l4_mfn, unsigned long va, int level, uint64_t *entry)
{
    unsigned long table = l4_mfn;

    for (int l = 4;; l--) {
        uint64_t at = ((uint64_t)table << PAGE_SHIFT) + pt_index(va, l) * 8;
        uint64_t e = pt_read(at);

        if (l == level) {
            if (entry)
                *entry = e;
            return at;
        }
        if (!(e & PTE_P) || (e & PTE_PSE))
            return 0;
        table = pte_mfn(e);
    }
}

uint64_t pte_maddr(const volatile void *va)
{
    return pt_entry(kernel_aspace.l4_mfn, (unsigned long)va, 1, NULL);
}

uint64_t pte_read(const volatile void *va)
{
    uint64_t e = 0;

    pt_entry(kernel_aspace.l4_mfn, (unsigned long)va, 1, &e);
    return e;
}

unsigned long va_to_mfn(const volatile void *va)
{
    uint64_t e = pte_read(va);

    return e & PTE_P ? pte_mfn(e) : INVALID_MFN;
}

uint64_t va_to_maddr(const volatile void *va)
{
    unsigned long mfn = va_to_mfn(va);

    return mfn == INVALID_MFN ? ~0ul : (mfn << PAGE_SHIFT) + ((unsigned long)va & ~PAGE_MASK);
}

static long pt_write_owner(uint64_t maddr, uint64_t value, domid_t owner)
{
    mmu_update_t req = {.ptr = maddr | MMU_NORMAL_PT_UPDATE, .val = value};

    return hypercall_mmu_update(&req, 1, NULL, owner);
}

long pt_write(uint64_t maddr, uint64_t value)
{
    return pt_write_owner(maddr, value, DOMID_SELF);
}

long mmuext(unsigned int cmd, unsigned long mfn)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = mfn};

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

long tlb_flush_local(void)
{
    return mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
}

long tlb_flush_all(void)
{
    return mmuext(MMUEXT_TLB_FLUSH_ALL, 0);
}

long tlb_invlpg(const volatile void *va)
{
    struct mmuext_op op = {
        .cmd = MMUEXT_INVLPG_LOCAL,
        .arg1.linear_addr = (unsigned long)va,
    };

    return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static long page_set(void *page, uint64_t flags)
{
    return hypercall_update_va_mapping(
        (unsigned long)page, pte_make(pfn_to_mfn(va_to_pfn(page)), flags), UVMF_INVLPG | UVMF_ALL);
}

long page_set_ro(void *page)
{
    return page_set(page, PROT_RO);
}

long page_set_rw(void *page)
{
    return page_set(page, PROT_RW);
}

void *pt_page_alloc(void)
{
    void *page = page_alloc();

    MUST(page_set_ro(page));
    return page;
}

void pt_page_free(void *page)
{
    MUST(page_set_rw(page));
    page_free(page);
}

void map_tables(struct aspace *as, unsigned long va)
{
    for (int level = 4; level > 1; level--) {
        uint64_t entry;
        uint64_t at = pt_entry(as->l4_mfn, va, level, &entry);

        if (entry & PTE_P)
            continue;
        MUST(pt_write(at, pte_make(pfn_to_mfn(va_to_pfn(pt_page_alloc())), PROT_TABLE)));
    }
}

long map_foreign_page(struct aspace *as, unsigned long va, unsigned long mfn, uint64_t flags,
                      domid_t owner)
{
    map_tables(as, va);
    return pt_write_owner(pt_entry(as->l4_mfn, va, 1, NULL), pte_make(mfn, flags), owner);
}

long map_page(struct aspace *as, unsigned long va, unsigned long mfn, uint64_t flags)
{
    return map_foreign_page(as, va, mfn, flags, DOMID_SELF);
}

long unmap_page(struct aspace *as, unsigned long va)
{
    uint64_t at = pt_entry(as->l4_mfn, va, 1, NULL);
    long rc = at ? pt_write(at, 0) : 0;

    return rc ? rc : tlb_invlpg((void *)va);
}

void *va_alloc(unsigned int n)
{
    unsigned long va = KMAP_BASE + (kmap_next << PAGE_SHIFT);

    ASSERT(n <= KMAP_PAGES_MAX - kmap_next);
    kmap_next += n;
    for (unsigned int i = 0; i < n; i++)
        map_tables(&kernel_aspace, va + ((unsigned long)i << PAGE_SHIFT));
    return (void *)va;
}

void *map_frames(unsigned long first_mfn, unsigned int n, uint64_t flags)
{
    char *va = va_alloc(n);

    for (unsigned int i = 0; i < n; i++)
        MUST(map_page(&kernel_aspace, (unsigned long)va + i * PAGE_SIZE, first_mfn + i, flags));
    return va;
}

void pt_print(unsigned long l4_mfn, unsigned long va)
{
    unsigned long table = l4_mfn;

    for (int l = 4; l >= 1; l--) {
        unsigned long pfn = mfn_to_pfn(table);
        uint64_t e;

        if (pfn >= mm_linear_pages()) {
            printf("L%d table mfn %lx is not in our memory\n", l, table);
            return;
        }
        e = ((volatile uint64_t *)pfn_to_va(pfn))[pt_index(va, l)];
        printf("L%d mfn %lx [%03x] = %016lx\n", l, table, pt_index(va, l), e);
        if (!(e & PTE_P))
            return;
        table = pte_mfn(e);
    }
}

void mm_init(void)
{
    struct xen_machphys_mapping map;

    MUST(hypercall_memory_op(XENMEM_machphys_mapping, &map));
    m2p = (const unsigned long *)map.v_start;
    m2p_entries = map.max_mfn + 1;
    kernel_aspace.l4_mfn = pfn_to_mfn(va_to_pfn((void *)start_info->pt_base));
    pages_init();
}
