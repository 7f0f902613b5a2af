/* SPDX-License-Identifier: MIT */
/* LINK: boot/elfplan.c boot/elfnotes.c boot/domlayout.c */
/* Any bytes as a kernel: a plan keeps the promises of boot/elfplan.h, a layout made from it those of
 * boot/domlayout.h. */
#include "boot/domlayout.h"
#include "core/pte.h"
#include <stdlib.h>

#define MUST(c)                                                                                    \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void plan_check(const struct kernel_plan *p, size_t size)
{
    MUST(p->segments && p->segments <= PLAN_SEGMENTS);
    for (unsigned i = 0; i < p->segments; i++) {
        const struct kernel_segment *s = &p->segment[i];

        MUST(s->file_off <= size && s->file_size <= size - s->file_off &&
             s->file_size <= s->mem_size);
        MUST(s->va >= p->kernel_start && s->mem_size <= p->kernel_end - s->va);
        MUST(va_is_guest(s->va, s->mem_size));
    }
    MUST(p->virt_base % PAGE_SIZE == 0 && p->virt_base <= p->kernel_start &&
         p->kernel_start < p->kernel_end);
    MUST(p->entry >= p->kernel_start && p->entry < p->kernel_end);
    MUST(p->hypercall_page == PLAN_NONE ||
         (p->hypercall_page >= p->kernel_start && p->kernel_end - p->hypercall_page >= PAGE_SIZE));
}

static void layout_check(const struct kernel_plan *p, uint64_t pages, uint64_t initrd)
{
    struct dom_layout l;
    char err[PLAN_ERROR];

    if (!dom_layout(p, pages, initrd, 0, &l, err))
        return;
    MUST(l.v_start == p->virt_base && l.v_end - l.v_start == l.image_pages * PAGE_SIZE);
    MUST(p->kernel_end <= l.v_start_info && l.v_start_info < l.v_tables && l.v_tables < l.v_stack);
    MUST(l.v_stack + BOOT_STACK_SIZE + (512 << 10) <= l.v_end);
    MUST(1 + tables_for(l.v_start, l.v_end) <= l.nr_tables);
    MUST(l.image_pages + (l.v_initrd ? 0 : l.initrd_pages) +
             (l.p2m_pfn ? l.p2m_pages + l.p2m_tables : 0) <=
         pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t pages[] = {1, 4096, 1 << 18, 1ull << 28};
    struct kernel_plan p;
    char err[PLAN_ERROR];

    err[0] = 0;
    if (!elf_plan(data, size, size & 1 ? PLAN_ANY : PLAN_FIRST_DOMAIN, &p, err)) {
        MUST(err[0]);
        return 0;
    }
    plan_check(&p, size);
    for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
        layout_check(&p, pages[i], 0);
        layout_check(&p, pages[i], 3 << 20);
    }
    return 0;
}
