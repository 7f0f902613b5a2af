/* SPDX-License-Identifier: MIT */
#include "core/segdesc.h"
#include "core/pagetype.h"
#include "core/port.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Bits of a descriptor (SDM vol. 3, 3.4.5). */
#define DESC_PRESENT BIT(47)
#define DESC_DPL (3ull << 45)
#define DESC_S BIT(44) /* code or data, not system */
#define DESC_TYPE(d) ((unsigned)((d) >> 40) & 15)
#define DESC_CODE BIT(43)
#define DESC_LONG BIT(53)
#define TYPE_CALL_GATE 12

/* May a call gate lead there? Into the guest's own part of the GDT, its LDT, or the flat 64-bit
 * segment. */
static bool gate_target_ok(unsigned sel)
{
    return sel >> 3 < GDT_GUEST_ENTRIES || sel == FLAT_KERNEL_CS || sel & 4;
}

bool segdesc_valid(uint64_t *desc)
{
    uint64_t d = *desc;
    unsigned sel;

    if (!(d & DESC_PRESENT)) /* using it faults */
        return true;
    if (d & DESC_S) { /* any base and limit: paging protects the hypervisor, not segments */
        *desc = d | DESC_DPL;
        return true;
    }
    if (DESC_TYPE(d) == 0) /* the second half of a call gate */
        return true;
    if (DESC_TYPE(d) != TYPE_CALL_GATE)
        return false;
    sel = (unsigned)(d >> 16) & 0xffff;
    if (!gate_target_ok(sel) || d >> 32 & 0xff) /* reserved bits */
        return false;
    /* Nobody may go through the gate; the DPL it asked for, which is never below 3, is kept in the
     * selector's RPL. */
    *desc = (d & ~DESC_DPL) | 3ull << 16;
    return true;
}

bool segdesc_page_valid(struct domain *d, uint64_t *page)
{
    for (unsigned i = 0; i < 512; i++) {
        uint64_t desc = page[i];

        if (!segdesc_valid(&desc)) {
            refuse(d, EINVAL, DESC_BAD, desc, i, 0);
            return false;
        }
        if (desc != page[i])
            WRITE_ONCE(page[i], desc);
    }
    return true;
}

static int segdesc_get(struct domain *d, mfn_t m)
{
    if (!mfn_valid(m))
        return refuse(d, EINVAL, FRAME_NOT_OWNED, m.n, d->id, DOMID_INVALID);
    return frame_and_type_get(d, m, TYPE_SEGDESC, false) ? -EINVAL : 0;
}

static void segdesc_put(struct domain *d, uint64_t mfn)
{
    frame_and_type_put(d, frame_of(MFN(mfn)));
}

static void gdt_replace(struct vcpu *v, const uint64_t *frames, unsigned nr, unsigned ents)
{
    uint64_t old[GDT_GUEST_PAGES];

    memcpy(old, v->gdt_frames, sizeof(old));
    for (unsigned i = 0; i < GDT_GUEST_PAGES; i++)
        v->gdt_frames[i] = i < nr ? frames[i] : 0;
    v->gdt_ents = ents;
    port_load_gdt(v); /* the CPU forgets the old frames before they are given back */
    for (unsigned i = 0; i < GDT_GUEST_PAGES; i++)
        if (old[i])
            segdesc_put(v->domain, old[i]);
}

int gdt_set(struct vcpu *v, const uint64_t *frames, unsigned ents)
{
    unsigned nr = DIV_ROUND_UP(ents, 512), i;

    if (ents > GDT_GUEST_ENTRIES)
        return refuse(v->domain, EINVAL, DESC_TABLE_SIZE, ents, GDT_GUEST_ENTRIES, 0);
    for (i = 0; i < nr; i++)
        if (segdesc_get(v->domain, MFN(frames[i])))
            goto undo;
    gdt_replace(v, frames, nr, ents);
    return 0;

undo:
    while (i--)
        segdesc_put(v->domain, frames[i]);
    return -EINVAL;
}

void gdt_drop(struct vcpu *v)
{
    gdt_replace(v, NULL, 0, 0);
}

static void ldt_replace(struct vcpu *v, uint64_t base, unsigned ents)
{
    uint64_t old[16];

    memcpy(old, v->ldt_frames, sizeof(old));
    memset(v->ldt_frames, 0, sizeof(v->ldt_frames));
    v->ldt_base = base;
    v->ldt_ents = ents;
    port_load_ldt(v);
    for (unsigned i = 0; i < 16; i++)
        if (old[i])
            segdesc_put(v->domain, old[i]);
}

int ldt_set(struct vcpu *v, uint64_t base, unsigned ents)
{
    if (!ents)
        base = 0;
    if (base & ~PAGE_MASK || ents > LDT_MAX_ENTRIES || (base >= BIT(47) && base < HV_VIRT_END))
        return refuse(v->domain, EINVAL, DESC_TABLE_SIZE, ents, LDT_MAX_ENTRIES, base);
    if (v->ldt_base != base || v->ldt_ents != ents)
        ldt_replace(v, base, ents);
    return 0;
}

void ldt_drop(struct vcpu *v)
{
    ldt_replace(v, 0, 0);
}

bool ldt_map_page(struct vcpu *v, uint64_t offset)
{
    uint64_t va = v->ldt_base + offset, *e, entry;
    mfn_t l1;

    /* A page that is there faults when the guest touches the address itself: no second reference. */
    if (offset >> 3 >= v->ldt_ents || !va_canonical(va) || v->ldt_frames[offset >> PAGE_SHIFT])
        return false;
    e = entry_of_va(MFN(v->cr3_kernel >> PAGE_SHIFT), va, &l1);
    entry = e ? READ_ONCE(*e) : 0;
    if (!(entry & PTE_P) || segdesc_get(v->domain, pte_mfn(entry)))
        return false;
    v->ldt_frames[offset >> PAGE_SHIFT] = pte_mfn(entry).n;
    port_load_ldt(v);
    return true;
}

enum emul_result ldt_page_fault(struct vcpu *v, uint64_t offset, uint32_t error)
{
    if (ldt_map_page(v, offset))
        return EMUL_DONE;
    if (offset >> 3 >= v->ldt_ents || !va_canonical(v->ldt_base + offset))
        return emul_fault(v, TRAP_GP_VECTOR, true, ((uint32_t)offset & 0xfff8) | 4);
    return emul_page_fault(v, v->ldt_base + offset, error & ~PF_ERR_USER);
}

/* The descriptor behind a selector that the CPU has loaded, so its page is in place. */
static bool selector_read(const struct vcpu *v, uint16_t sel, uint64_t *desc)
{
    unsigned n = sel >> 3;
    bool ldt = sel & 4;
    uint64_t frame = 0;

    if (n < (ldt ? v->ldt_ents : v->gdt_ents))
        frame = ldt ? v->ldt_frames[n >> 9] : v->gdt_frames[n >> 9];
    if (!frame)
        return false;
    *desc = READ_ONCE(((uint64_t *)frame_va(MFN(frame)))[n & 511]);
    return true;
}

bool selector_is_code64(struct vcpu *v, uint16_t sel)
{
    const uint64_t all = DESC_PRESENT | DESC_S | DESC_CODE | DESC_LONG;
    uint64_t desc;

    return likely(sel == FLAT_RING3_CS64) || (selector_read(v, sel, &desc) && (desc & all) == all);
}
