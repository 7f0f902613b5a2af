/* SPDX-License-Identifier: MIT */
/* Page tables for tests: frames of a domain that become a tree when somebody types them. */
#ifndef TESTS_TABLES_H
#define TESTS_TABLES_H

#include "core/entry.h"
#include "core/memory.h"
#include "core/pagetype.h"
#include "fake_port.h"

#define RO (PTE_P)
#define RW (PTE_P | PTE_RW)
#define KERNEL (PTE_US | PTE_KERNEL) /* what is added to an entry without US */

static inline mfn_t new_page(struct domain *d)
{
    mfn_t m;

    if (memory_populate(d, M2P_INVALID, 0, 0, &m))
        abort();
    return m;
}

static inline uint64_t *table(mfn_t m) { return frame_va(m); }
static inline uint32_t type_of(mfn_t m) { return frame_of(m)->type; }
static inline uint32_t count_of(mfn_t m) { return frame_of(m)->type & TYPE_COUNT_MASK; }
static inline uint32_t refs_of(mfn_t m) { return frame_of(m)->refs & FRAME_REFS_MASK; }

/* l4[0] -> l3[0] -> l2[0] -> l1; nothing is typed yet. */
struct tree { mfn_t l4, l3, l2, l1; };

static inline struct tree new_tree(struct domain *d)
{
    struct tree t = { new_page(d), new_page(d), new_page(d), new_page(d) };

    table(t.l4)[0] = pte_make(t.l3, RW);
    table(t.l3)[0] = pte_make(t.l2, RW);
    table(t.l2)[0] = pte_make(t.l1, RW);
    return t;
}

#endif
