/* SPDX-License-Identifier: MIT */
#include "x86/paging.h"
#include "core/pagetype.h"
#include "core/frame.h"
#include "core/log.h"
#include "lib/string.h"
#include "x86/image.h"
#include "x86/insn.h"
#include "x86/layout.h"

#define SIZE_2M (1ull << 21)
#define SIZE_1G (1ull << 30)

/* Rights in the hypervisor's own mappings: all global, the same in every address space. */
#define PTE_HV_TEXT (PTE_P | PTE_A | PTE_G)
#define PTE_HV_RO (PTE_P | PTE_A | PTE_G | PTE_NX)
#define PTE_HV_DATA (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
/* Tables leave the rights to the last level; PTE_US too, which only slot 256's L4 entry has. */
#define PTE_HV_TABLE (PTE_P | PTE_RW | PTE_A)

uint64_t idle_l4[PTES_PER_TABLE] __attribute__((aligned(4096)));
uint64_t idle_cr3;
uint8_t *directmap = (uint8_t *)DIRECTMAP_VIRT;
uint64_t *m2p = (uint64_t *)RW_M2P_VIRT;
uint64_t max_mfn;
uint64_t paging_overhead;

extern uint8_t image_start[], text_end[], rodata_end[], image_end[];

static struct e820_map *ram_free; /* during paging_init() only */
static uint64_t alloc_limit;      /* what the running page tables map of the direct map */
static bool has_1g_pages;

/* ---- memory before there is a heap: taken from the top of RAM ---- */

static maddr_t early_alloc(uint64_t size, uint64_t align)
{
    for (unsigned i = ram_free->count; i-- > 0;) {
        struct e820_entry *e = &ram_free->e[i];
        uint64_t end = min(e->addr + e->size, alloc_limit);
        uint64_t start = (end - size) & ~(align - 1);

        if (e->type != E820_RAM || end < size || start < ROUND_UP(e->addr, align))
            continue;
        /* What lies above is lost to the heap unless it is another entry of the map. */
        if (e->addr + e->size > start + size && ram_free->count < E820_MAX) {
            memmove(e + 2, e + 1, (ram_free->count - i - 1) * sizeof(*e));
            ram_free->count++;
            e[1] = (struct e820_entry){
                .addr = start + size, .type = E820_RAM, .size = e->addr + e->size - (start + size)};
        }
        e->size = start - e->addr;
        paging_overhead += size;
        return start;
    }
    panic("no memory for %lu bytes of tables", size);
}

static void *early_va(maddr_t a)
{
    return directmap + a;
}

static maddr_t early_page(int fill)
{
    maddr_t a = early_alloc(PAGE_SIZE, PAGE_SIZE);

    memset(early_va(a), fill, PAGE_SIZE);
    return a;
}

/* ---- mapping ---- */

/* The entry of va at `level` in the idle L4; missing tables on the way are made. */
static uint64_t *entry_at(uint64_t va, int level)
{
    uint64_t *table = idle_l4;

    for (int l = 4; l > level; l--) {
        uint64_t *e = &table[pte_index(va, l)];

        if (!*e)
            *e = early_page(0) | PTE_HV_TABLE | (l < 4 ? PTE_US : 0);
        table = early_va(*e & PTE_ADDR);
    }
    return &table[pte_index(va, level)];
}

/* Map a stretch, in the largest pages that fit. */
static void map_range(uint64_t va, maddr_t pa, uint64_t size, uint64_t flags)
{
    while (size) {
        uint64_t step = PAGE_SIZE;
        int level = 1;

        if (has_1g_pages && !((va | pa) & (SIZE_1G - 1)) && size >= SIZE_1G) {
            level = 3;
            step = SIZE_1G;
        } else if (!((va | pa) & (SIZE_2M - 1)) && size >= SIZE_2M) {
            level = 2;
            step = SIZE_2M;
        }
        *entry_at(va, level) = pa | flags | (level > 1 ? PTE_PS : 0);
        va += step;
        pa += step;
        size -= step;
    }
}

static void map_image(void)
{
    uint64_t text = (uint64_t)(text_end - image_start), ro = (uint64_t)(rodata_end - image_start);
    uint64_t all = (uint64_t)(image_end - image_start);

    map_range(IMAGE_VIRT, LOAD_PHYS, text, PTE_HV_TEXT);
    map_range(IMAGE_VIRT + text, LOAD_PHYS + text, ro - text, PTE_HV_RO);
    map_range(IMAGE_VIRT + ro, LOAD_PHYS + ro, all - ro, PTE_HV_DATA);
}

/* All RAM, rounded to 2 MiB pages: what else these touch is memory of the firmware's (the memory
 * types of devices' addresses come from the MTRRs, which bind more than a writeback mapping). */
static void map_ram(const struct e820_map *all)
{
    uint64_t done = 0;

    for (unsigned i = 0; i < all->count; i++) {
        uint64_t start = all->e[i].addr & ~(SIZE_2M - 1);
        uint64_t end = ROUND_UP(all->e[i].addr + all->e[i].size, SIZE_2M);

        if (all->e[i].type != E820_RAM)
            continue;
        start = max(start, done);
        if (start < end)
            map_range(DIRECTMAP_VIRT + start, start, end - start, PTE_HV_DATA);
        done = max(done, end);
    }
}

/* ---- tables with one record a frame ---- */

/* What stands where there is no RAM: shared pages of such records. A record of 24 bytes falls on a
 * page in three ways, so there are up to three. */
struct hole_pages {
    maddr_t page[3];
    unsigned count;
};

static bool ram_overlaps(const struct e820_map *all, uint64_t first, uint64_t last)
{
    for (unsigned i = 0; i < all->count; i++)
        if (all->e[i].type == E820_RAM && all->e[i].addr >> PAGE_SHIFT <= last &&
            (all->e[i].addr + all->e[i].size - 1) >> PAGE_SHIFT >= first)
            return true;
    return false;
}

/* Back the table at va, of `size` bytes a frame, for frames below end; fill: the byte that new
 * pages are filled with. A whole 2 MiB stretch that belongs to RAM gets one page of that size. */
static void map_table(const struct e820_map *all, uint64_t va, uint64_t size, uint64_t end,
                      const struct hole_pages *holes, int fill)
{
    uint64_t bytes = ROUND_UP(end * size, PAGE_SIZE);
    uint64_t at = 0;

    while (at < bytes) {
        uint64_t step = bytes - at >= SIZE_2M && !(at & (SIZE_2M - 1)) ? SIZE_2M : PAGE_SIZE;
        bool all_ram = step == SIZE_2M;

        for (uint64_t p = at; all_ram && p < at + step; p += PAGE_SIZE)
            all_ram = ram_overlaps(all, p / size, (p + PAGE_SIZE - 1) / size);
        if (all_ram) {
            maddr_t a = early_alloc(SIZE_2M, SIZE_2M);

            memset(early_va(a), fill, SIZE_2M);
            *entry_at(va + at, 2) = a | PTE_HV_DATA | PTE_US | PTE_PS;
        } else {
            step = PAGE_SIZE;
            *entry_at(va + at, 1) = PTE_HV_DATA | PTE_US |
                                    (ram_overlaps(all, at / size, (at + PAGE_SIZE - 1) / size)
                                         ? early_page(fill)
                                         : holes->page[at / PAGE_SIZE % holes->count]);
        }
        at += step;
    }
}

/* All of it in large pages, since tools map it by the first frame of each: where there is no RAM at all, one that is shared. */
static void map_m2p(const struct e820_map *all, uint64_t end)
{
    uint64_t *rw = entry_at(RW_M2P_VIRT, 3), *ro = entry_at(RO_M2P_VIRT, 3);
    uint64_t frames = SIZE_2M / sizeof(uint64_t); /* of each page */
    maddr_t hole = 0;

    for (uint64_t first = 0; first < end; first += frames) {
        bool ram = ram_overlaps(all, first, first + frames - 1);
        maddr_t a = ram ? 0 : hole;

        if (!a) {
            a = early_alloc(SIZE_2M, SIZE_2M);
            memset(early_va(a), 0xff, SIZE_2M);
        }
        if (!ram)
            hole = a;
        *entry_at(RW_M2P_VIRT + first * sizeof(uint64_t), 2) = a | PTE_HV_DATA | PTE_US | PTE_PS;
    }
    /* The user's view has the same tables below, without the right to write. */
    for (unsigned i = 0; i < PTES_PER_TABLE / 2 && rw[i]; i++)
        ro[i] = rw[i] & ~PTE_RW;
    idle_l4[pte_index(RO_M2P_VIRT, 4)] |= PTE_US;
}

static void map_frame_table(const struct e820_map *all, uint64_t end)
{
    struct hole_pages holes = {.count = 3};

    for (unsigned i = 0; i < 3; i++)
        holes.page[i] = early_page(0);
    map_table(all, FRAMETABLE_VIRT, sizeof(struct frame), end, &holes, 0);
    frame_table = (struct frame *)FRAMETABLE_VIRT;
}

void paging_init(const struct e820_map *all, struct e820_map *free)
{
    uint64_t tables_end;

    ram_free = free;
    alloc_limit = 4 * SIZE_1G; /* of boot/head.S */
    has_1g_pages = cpuid_count(0x80000001, 0).d & BIT(26);
    for (unsigned i = 0; i < all->count; i++)
        if (all->e[i].type == E820_RAM)
            max_mfn = max(max_mfn, (all->e[i].addr + all->e[i].size) >> PAGE_SHIFT);

    map_image();
    map_ram(all);
    entry_at(IOREMAP_VIRT, 1); /* the L4 is complete: ioremap() never adds to it */
    idle_cr3 = (uint64_t)((uint8_t *)idle_l4 - image_start) + LOAD_PHYS;
    write_cr3(idle_cr3);
    alloc_limit = ~0ull;

    tables_end = ROUND_UP(max(max_mfn, 4 * SIZE_1G >> PAGE_SHIFT), SIZE_2M >> 3);
    map_m2p(all, tables_end);
    m2p_l4e = idle_l4[pte_index(RO_M2P_VIRT, 4)];
    map_frame_table(all, tables_end);
    paging_overhead += (uint64_t)(image_end - image_start);
    ram_free = NULL;
}

static uint64_t frame_up(uint64_t a)
{
    return (a + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

void paging_fill_heap(const struct e820_map *all, const struct e820_map *free)
{
    uint64_t at = 0;

    for (unsigned i = 0; i < all->count; i++) {
        uint64_t first = frame_up(all->e[i].addr);
        uint64_t end = (all->e[i].addr + all->e[i].size) >> PAGE_SHIFT;

        if (all->e[i].type != E820_RAM || first >= end)
            continue;
        if (at < first)
            heap_mark_io(MFN(at), first - at);
        at = end;
    }
    for (unsigned i = 0; i < free->count; i++) {
        uint64_t first = frame_up(free->e[i].addr);
        uint64_t end = (free->e[i].addr + free->e[i].size) >> PAGE_SHIFT;

        if (free->e[i].type == E820_RAM && first < end)
            heap_add(MFN(first), end - first);
    }
}

void paging_copy_slots(uint64_t *l4)
{
    for (unsigned i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
        if (i != pte_index(PERDOMAIN_VIRT, 4))
            l4[i] = idle_l4[i];
}

/* ---- devices ---- */

static uint64_t ioremap_next = IOREMAP_VIRT;

static uint64_t *ioremap_entry(uint64_t va)
{
    uint64_t *table = idle_l4;

    for (int l = 4; l > 1; l--) {
        uint64_t *e = &table[pte_index(va, l)];

        if (!*e) {
            mfn_t m = heap_alloc(0, 0);

            if (mfn_eq(m, MFN_INVALID))
                panic("no memory to map a device");
            *e = pte_make(m, PTE_HV_TABLE);
        }
        table = frame_va(pte_mfn(*e));
    }
    return &table[pte_index(va, 1)];
}

void *ioremap(maddr_t addr, size_t size, unsigned flags)
{
    uint64_t offset = addr & (PAGE_SIZE - 1), va = ioremap_next;
    uint64_t rights = flags & IOREMAP_READONLY ? PTE_HV_RO : PTE_HV_DATA;

    if (flags & IOREMAP_UNCACHED)
        rights |= PTE_PCD | PTE_PWT;
    if (size > SIZE_1G || va + size >= IOREMAP_VIRT + SIZE_1G)
        panic("no room to map %zu bytes at %#lx", size, addr);
    for (uint64_t at = addr - offset; at < addr + size; at += PAGE_SIZE) {
        *ioremap_entry(ioremap_next) = at | rights;
        ioremap_next += PAGE_SIZE;
    }
    return (void *)(va + offset);
}

void *ioremap_reserve(unsigned pages)
{
    uint64_t va = ioremap_next;

    for (; pages--; ioremap_next += PAGE_SIZE)
        ioremap_entry(ioremap_next);
    return (void *)va;
}

/* Nothing was mapped there, so no TLB has to forget anything. */
void ioremap_fill(void *va, maddr_t addr)
{
    WRITE_ONCE(*ioremap_entry((uint64_t)va), addr | PTE_HV_DATA | PTE_PCD | PTE_PWT);
}
