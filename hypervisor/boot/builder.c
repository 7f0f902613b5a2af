/* SPDX-License-Identifier: MIT */
#include "boot/builder.h"
#include "core/log.h"
#include "core/pagetype.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MAX_ORDER 18 /* 1 GiB at a time, if the heap has such pieces */

/* ---- frames ---- */

static int run_append(struct builder *b, mfn_t m, uint64_t nr)
{
    struct frame_run *last = b->nr_runs ? &b->runs[b->nr_runs - 1] : NULL;

    if (last && last->mfn + last->nr == m.n) {
        last->nr += nr;
        return 0;
    }
    if (b->nr_runs == b->room) {
        unsigned room = b->room ? b->room * 2 : 64;
        struct frame_run *more = xnew_array(struct frame_run, room);

        if (!more)
            return -ENOMEM;
        if (b->nr_runs)
            memcpy(more, b->runs, b->nr_runs * sizeof(*more));
        xfree(b->runs);
        b->runs = more;
        b->room = room;
    }
    b->runs[b->nr_runs++] = (struct frame_run){.pfn = b->next_pfn, .mfn = m.n, .nr = nr};
    return 0;
}

int builder_alloc(struct builder *b, uint64_t end)
{
    uint32_t flags = b->d->privileged ? ALLOC_NOSCRUB : 0;
    unsigned order = MAX_ORDER;

    while (b->next_pfn < end) {
        mfn_t m;
        int rc;

        order = min(order, 63 - (unsigned)__builtin_clzll(end - b->next_pfn));
        m = heap_alloc(order, flags);
        if (m.n == MFN_INVALID.n) {
            if (!order)
                return -ENOMEM;
            order--;
            continue;
        }
        rc = domain_add_frames(b->d, m, order);
        if (rc) {
            heap_free(m, order);
            return rc;
        }
        /* From here on the frames go back with the domain. */
        rc = run_append(b, m, BIT(order));
        if (rc)
            return rc;
        b->next_pfn += BIT(order);
    }
    return 0;
}

void builder_free(struct builder *b)
{
    xfree(b->runs);
    b->runs = NULL;
    b->nr_runs = b->room = 0;
}

/* The run that holds pfn. Most searches go on where the last one ended. */
static const struct frame_run *run_of(struct builder *b, uint64_t pfn)
{
    unsigned i = b->last;

    BUG_ON(pfn >= b->next_pfn);
    if (i >= b->nr_runs || pfn < b->runs[i].pfn)
        i = 0;
    while (pfn - b->runs[i].pfn >= b->runs[i].nr)
        i++;
    b->last = i;
    return &b->runs[i];
}

mfn_t builder_mfn(struct builder *b, uint64_t pfn)
{
    const struct frame_run *r = run_of(b, pfn);

    return MFN(r->mfn + (pfn - r->pfn));
}

void *builder_page(struct builder *b, uint64_t pfn)
{
    return frame_va(builder_mfn(b, pfn));
}

void builder_write(struct builder *b, uint64_t gpa, const void *src, uint64_t n)
{
    const uint8_t *from = src;

    while (n) {
        const struct frame_run *r = run_of(b, gpa >> PAGE_SHIFT);
        uint64_t off = gpa - (r->pfn << PAGE_SHIFT);
        uint64_t len = min(n, (r->nr << PAGE_SHIFT) - off);
        uint8_t *to = (uint8_t *)frame_va(MFN(r->mfn)) + off;

        if (from) {
            memcpy(to, from, len);
            from += len;
        } else {
            memset(to, 0, len);
        }
        gpa += len;
        n -= len;
    }
}

/* ---- the list of frames ---- */

void builder_write_p2m(struct builder *b)
{
    const struct dom_layout *l = &b->lay;
    uint64_t list = l->p2m_pfn ? l->p2m_pfn : builder_gpa(b, l->v_p2m) >> PAGE_SHIFT;
    uint64_t pfn = 0;

    for (uint64_t page = 0; page < l->p2m_pages; page++) {
        uint64_t *out = builder_page(b, list + page);
        unsigned i = 0;

        while (i < PAGE_SIZE / 8 && pfn < l->nr_pages) {
            const struct frame_run *r = run_of(b, pfn);
            uint64_t mfn = r->mfn + (pfn - r->pfn);
            uint64_t n = min(r->pfn + r->nr - pfn, (uint64_t)(PAGE_SIZE / 8 - i));

            for (n = min(n, l->nr_pages - pfn); n; n--) {
                m2p[mfn] = pfn++;
                out[i++] = mfn++;
            }
        }
        while (i < PAGE_SIZE / 8)
            out[i++] = ~0ull;
    }
}

/* ---- page tables ---- */

#define LINK_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PAGE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A)

static mfn_t table_take(struct builder *b)
{
    mfn_t m;

    BUG_ON(b->next_table >= b->tables_end);
    m = builder_mfn(b, b->next_table++);
    memset(frame_va(m), 0, PAGE_SIZE);
    return m;
}

/* The L1 table for va, made with what is above it where it is missing. */
static uint64_t *table_for(struct builder *b, mfn_t l4, uint64_t va)
{
    uint64_t *t = frame_va(l4);

    for (int level = 4; level > 1; level--) {
        uint64_t *e = &t[pte_index(va, level)];

        if (!(*e & PTE_P))
            *e = pte_make(table_take(b), LINK_FLAGS);
        t = frame_va(pte_mfn(*e));
    }
    return t;
}

/* Map pages PFNs from pfn on at va; those in [ro, ro_end) read-only. */
static void range_map(struct builder *b, mfn_t l4, uint64_t va, uint64_t pfn, uint64_t pages,
                      uint64_t ro, uint64_t ro_end)
{
    uint64_t *l1 = NULL;

    for (uint64_t end = pfn + pages; pfn < end; pfn++, va += PAGE_SIZE) {
        unsigned i = pte_index(va, 1);
        uint64_t flags = pfn >= ro && pfn < ro_end ? PAGE_FLAGS & ~PTE_RW : PAGE_FLAGS;

        if (!l1 || i == 0)
            l1 = table_for(b, l4, va);
        l1[i] = pte_make(builder_mfn(b, pfn), flags);
    }
}

mfn_t builder_write_tables(struct builder *b)
{
    const struct dom_layout *l = &b->lay;
    uint64_t first = builder_gpa(b, l->v_tables) >> PAGE_SHIFT;
    mfn_t l4;

    b->next_table = first;
    b->tables_end = first + l->nr_tables;
    l4 = table_take(b);
    range_map(b, l4, l->v_start, 0, l->image_pages, first, first + l->nr_tables);
    while (b->next_table <
           b->tables_end) /* what the kernel is told are tables shall at least be empty */
        table_take(b);
    if (l->p2m_pfn) {
        b->next_table = l->p2m_pfn + l->p2m_pages;
        b->tables_end = b->next_table + l->p2m_tables;
        range_map(b, l4, l->v_p2m, l->p2m_pfn, l->p2m_pages, 0, 0);
    }
    return l4;
}
