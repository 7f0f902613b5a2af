/* SPDX-License-Identifier: MIT */
/*
 * Entries with any bits, put into live tables of every level, through the checks or as the contents of
 * a table about to be pinned: whatever is accepted, no frame is a table and writable at once, nothing
 * is mapped that is not the domain's, and all counts follow from the entries.
 *
 * LINK: core/frame.c core/heap.c core/tlb.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c core/frame_audit.c
 */
#include "core/entry.h"
#include "core/memory.h"
#include "fake_port.h"

#define CHECK(c) do { if (!(c)) abort(); } while (0)
#define PAGES 24

static struct domain *d0, *d1;
static mfn_t page[PAGES]; /* 0..3: L4, L3, L2, L1; from 4 the domain's other frames */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start(void)
{
    fake_frames = 512;
    fake_reset();
    fake_quiet = true;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 1, false);
    fake_current = d1->vcpus[0];
    for (unsigned i = 0; i < PAGES; i++)
        CHECK(!memory_populate(i < PAGES - 4 ? d1 : d0, i, 0, 0, &page[i]));
    for (unsigned i = 0; i < 3; i++)
        *(uint64_t *)frame_va(page[i]) = pte_make(page[i + 1], PTE_P | PTE_RW);
    CHECK(!table_pin(d1, page[0], TYPE_L4));
}

/* Eight bytes as an entry; a frame number below PAGES stands for one of ours. */
static uint64_t entry(const uint8_t *p)
{
    uint64_t e;

    memcpy(&e, p, sizeof(e));
    if (pte_mfn(e).n < PAGES)
        e = (e & ~PTE_ADDR) | page[pte_mfn(e).n].n << PAGE_SHIFT;
    return e;
}

/* Said again without the counts: what the tables in use say is allowed. */
static void check_table(mfn_t m)
{
    const struct frame *f = frame_of(m);
    const uint64_t *t = frame_va(m);
    uint32_t type = f->type & TYPE_MASK;

    if (!(f->type & TYPE_VALIDATED) || type == TYPE_NONE || type > TYPE_L4)
        return;
    for (unsigned i = 0; i < PTES_PER_TABLE; i++) {
        const struct frame *to;

        if (!(t[i] & PTE_P) || (type == TYPE_L4 && l4_slot_is_hv(i)) ||
            (type > TYPE_L1 && upper_entry_is_self(f, t[i])))
            continue;
        CHECK(t[i] & PTE_US);
        CHECK(mfn_valid(pte_mfn(t[i])));
        to = frame_of(pte_mfn(t[i]));
        CHECK(to->owner == d1->id);
        if (type > TYPE_L1)
            CHECK((to->type & TYPE_MASK) == type - TYPE_L1 && !(t[i] & PTE_PS));
        else if (t[i] & PTE_RW)
            CHECK((to->type & TYPE_MASK) == TYPE_WRITABLE);
    }
}

static void step(const uint8_t *p)
{
    unsigned op = p[0] % 8, n = p[1] % PAGES, index = (p[2] | p[3] << 8) % PTES_PER_TABLE;
    struct frame *f = frame_of(page[n]);
    uint32_t type = f->type & TYPE_MASK;
    uint64_t seen;

    switch (op) {
    case 0:
        table_pin(d1, page[n], (1 + p[2] % 4) * TYPE_L1);
        break;
    case 1:
        if (n)
            table_unpin(d1, page[n]);
        break;
    case 2: /* as the guest writes its own page */
        if (!frame_and_type_get(d1, page[n], TYPE_WRITABLE, false)) {
            ((uint64_t *)frame_va(page[n]))[index] = entry(p + 4);
            frame_and_type_put(d1, f);
        }
        break;
    default:
        if (type < TYPE_L1 || type > TYPE_L4 || frame_and_type_get(d1, page[n], type, false))
            break;
        if (op == 3 && type == TYPE_L1) {
            seen = ((uint64_t *)frame_va(page[n]))[index];
            entry_cmpxchg_l1(fake_current, d1, f, index, seen, entry(p + 4), &seen);
        } else {
            entry_update(fake_current, d1, d1, f, index, entry(p + 4), op == 4);
        }
        frame_and_type_put(d1, f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    start();
    for (; size >= 12; data += 12, size -= 12) {
        step(data);
        if (data[0] & 0x40)
            CHECK(!type_drain(d1, false));
        for (unsigned i = 0; i < PAGES - 4; i++)
            check_table(page[i]);
    }
    CHECK(!frames_audit());
    for (unsigned i = 0; i < 2; i++) {
        struct domain *d = i ? d1 : d0;

        xfree(d->vcpus[0]);
        xfree(d->vcpus);
        xfree(d);
    }
    return 0;
}
