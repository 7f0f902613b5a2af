/* SPDX-License-Identifier: MIT */
#include "boot/domlayout.h"
#include "core/pte.h"
#include "lib/printf.h"
#include <xen/xen.h>

#define fail(err, ...) (snprintf(err, PLAN_ERROR, __VA_ARGS__), false)

#define END_ROUND (4ul << 20)
#define END_SLACK (512ul << 10)
/* The structure and the console information behind it, on one page. */
_Static_assert(sizeof(struct start_info) + sizeof(struct dom0_vga_console_info) <= PAGE_SIZE,
               "start_info");

static uint64_t spanned(uint64_t start, uint64_t end, unsigned shift)
{
    return ((end - 1) >> shift) - (start >> shift) + 1;
}

uint64_t tables_for(uint64_t start, uint64_t end)
{
    return spanned(start, end, 21) + spanned(start, end, 30) + spanned(start, end, 39);
}

static uint64_t page_up(uint64_t x)
{
    return ROUND_UP(x, PAGE_SIZE);
}

/* The two unknowns, the tables and the end of what they map, settled by trying. An end that wraps is
 * left for the caller to find. */
static void end_find(struct dom_layout *l)
{
    for (l->nr_tables = 4;; l->nr_tables++) {
        uint64_t stack_end;

        l->v_stack = l->v_tables + l->nr_tables * PAGE_SIZE;
        stack_end = l->v_stack + BOOT_STACK_SIZE;
        l->v_end = ROUND_UP(stack_end, END_ROUND);
        if (l->v_end - stack_end < END_SLACK)
            l->v_end += END_ROUND;
        if (l->v_end <= l->v_start || 1 + tables_for(l->v_start, l->v_end) <= l->nr_tables)
            return;
    }
}

/* The list's own place must not meet the linear mapping: not even in one L4 entry, which keeps the
 * two sets of tables apart. */
static bool p2m_place(const struct kernel_plan *plan, struct dom_layout *l, char *err)
{
    uint64_t end = plan->init_p2m + l->p2m_pages * PAGE_SIZE;

    l->v_p2m = plan->init_p2m;
    if (!va_is_guest(l->v_p2m, end - l->v_p2m) || !va_canonical(end - 1) ||
        (pte_index(end - 1, 4) >= pte_index(l->v_start, 4) &&
         pte_index(l->v_p2m, 4) <= pte_index(l->v_end - 1, 4)))
        return fail(err, "no room for the list of frames at INIT_P2M 0x%lx", plan->init_p2m);
    l->p2m_pfn = l->image_pages + (l->v_initrd ? 0 : l->initrd_pages);
    l->p2m_tables = tables_for(l->v_p2m, end);
    return true;
}

bool dom_layout(const struct kernel_plan *plan, uint64_t nr_pages, uint64_t initrd_size, unsigned special,
                struct dom_layout *l, char *err)
{
    uint64_t at = page_up(plan->kernel_end), needed;

    *l = (struct dom_layout){.nr_pages = nr_pages, .v_start = plan->virt_base};
    l->initrd_pages = page_up(initrd_size) >> PAGE_SHIFT;
    l->p2m_pages = page_up(nr_pages * 8) >> PAGE_SHIFT;
    /* So that no sum below can wrap: nothing that is larger than the domain fits into it. */
    needed = ((at - l->v_start) >> PAGE_SHIFT) + l->initrd_pages;
    if (needed > nr_pages || l->v_start > at)
        goto too_small;

    if (l->initrd_pages && !plan->mod_start_pfn) {
        l->v_initrd = at;
        at += l->initrd_pages * PAGE_SIZE;
    }
    if (plan->init_p2m == PLAN_NONE) {
        l->v_p2m = at;
        at += l->p2m_pages * PAGE_SIZE;
    }
    l->v_start_info = at;
    l->v_special = at + PAGE_SIZE;
    l->v_tables = l->v_special + special * PAGE_SIZE;
    end_find(l);
    if (l->v_end <= l->v_start || !va_is_guest(l->v_start, l->v_end - l->v_start) ||
        !va_canonical(l->v_end - 1))
        return fail(err,
                    "no room for its initial mapping between 0x%lx and the end of the addresses",
                    l->v_start);
    l->image_pages = (l->v_end - l->v_start) >> PAGE_SHIFT;
    l->initrd_pfn = l->v_initrd ? (l->v_initrd - l->v_start) >> PAGE_SHIFT : l->image_pages;
    if (!l->initrd_pages)
        l->initrd_pfn = 0;
    if (plan->init_p2m != PLAN_NONE && !p2m_place(plan, l, err))
        return false;
    needed = l->image_pages + (l->v_initrd ? 0 : l->initrd_pages) +
             (l->p2m_pfn ? l->p2m_pages + l->p2m_tables : 0);
    if (needed <= nr_pages)
        return true;
too_small:
    return fail(err, "%lu KiB are too little: kernel, initrd and tables need at least %lu KiB",
                nr_pages * 4, needed * 4);
}
