/* SPDX-License-Identifier: MIT */
/*
 * Recount all references and types from what refers: the tables, the pins, the owners, the vcpus and
 * whoever else registered. Nothing may run meanwhile: for tests and the debug key.
 */
#include "core/entry.h"
#include "core/log.h"
#include "core/vcpu.h"
#include "lib/string.h"

struct count { uint32_t refs, type; };

static struct count *counts;
static unsigned errors;
static frames_audit_fn *hooks[4];

void frames_audit_hook(frames_audit_fn *fn)
{
    for (unsigned i = 0; i < ARRAY_SIZE(hooks); i++)
        if (!hooks[i] || hooks[i] == fn) {
            hooks[i] = fn;
            return;
        }
    BUG();
}

void frames_audit_count(mfn_t m, uint32_t type)
{
    if (!mfn_valid(m)) {
        log_msg(LOG_ERR, "audit: a reference to %#lx, which is no frame", (unsigned long)m.n);
        errors++;
        return;
    }
    counts[m.n].refs++;
    if (type == TYPE_NONE)
        return;
    counts[m.n].type++;
    if ((frame_of(m)->type & TYPE_MASK) != type) {
        log_msg(LOG_ERR, "audit: frame %#lx has type %#x but is used as %#x", (unsigned long)m.n,
                frame_of(m)->type, type);
        errors++;
    }
}

static void count_entry(uint32_t type, uint64_t e)
{
    mfn_t m = pte_mfn(e);

    if (!(e & PTE_P))
        return;
    if (type != TYPE_L1)
        frames_audit_count(m, type - TYPE_L1);
    else if (mfn_valid(m) && frame_of(m)->owner != DOMID_IO)
        frames_audit_count(m, e & PTE_RW ? TYPE_WRITABLE : TYPE_NONE);
    if (!(e & PTE_US)) {
        log_msg(LOG_ERR, "audit: entry %#lx was not adjusted", (unsigned long)e);
        errors++;
    }
}

static void count_table(mfn_t m)
{
    const struct frame *f = frame_of(m);
    const uint64_t *t = frame_va(m);
    uint32_t type = f->type & TYPE_MASK;
    unsigned n = f->type & TYPE_VALIDATED ? PTES_PER_TABLE
                 : f->type & TYPE_PARTIAL ? f->aux & FRAME_AUX_COUNT : 0;

    if (type == TYPE_NONE || type > TYPE_L4)
        return;
    for (unsigned i = 0; i < n; i++)
        if (!(type == TYPE_L4 && l4_slot_is_hv(i)) && !(type != TYPE_L1 && upper_entry_is_self(f, t[i])))
            count_entry(type, t[i]);
    if (n && !(f->type & (TYPE_COUNT_MASK | TYPE_QUEUED))) {
        log_msg(LOG_ERR, "audit: table %#lx is validated, unused and not queued", (unsigned long)m.n);
        errors++;
    }
}

static void count_frame(mfn_t m)
{
    const struct frame *f = frame_of(m);

    if ((f->refs & FRAME_ALLOCATED) || f->owner == DOMID_XEN || f->owner == DOMID_IO)
        counts[m.n].refs++;
    if (f->refs & FRAME_XENHEAP)
        counts[m.n].type++;
    if (f->type & TYPE_PINNED)
        frames_audit_count(m, f->type & TYPE_MASK);
    if (f->type & TYPE_PARTIAL)
        frames_audit_count(m, f->type & TYPE_MASK);
    if (f->type & TYPE_QUEUED)
        counts[m.n].refs++;
    count_table(m);
}

static void count_vcpu(const struct vcpu *v)
{
    if (v->cr3_kernel)
        frames_audit_count(MFN(v->cr3_kernel >> PAGE_SHIFT), TYPE_L4);
    if (v->cr3_user)
        frames_audit_count(MFN(v->cr3_user >> PAGE_SHIFT), TYPE_L4);
    for (unsigned i = 0; i < ARRAY_SIZE(v->gdt_frames); i++) {
        if (v->gdt_frames[i])
            frames_audit_count(MFN(v->gdt_frames[i]), TYPE_SEGDESC);
        if (v->ldt_frames[i])
            frames_audit_count(MFN(v->ldt_frames[i]), TYPE_SEGDESC);
    }
    if (!mfn_eq(v->info_mfn, MFN_INVALID))
        frames_audit_count(v->info_mfn, TYPE_WRITABLE);
    if (v->fifo.control)
        frames_audit_count(va_frame(v->fifo.control), TYPE_WRITABLE);
}

static void check_domain(struct domain *d)
{
    uint64_t listed = 0;

    for (uint32_t n = d->pages.head; n != FRAME_NIL; n = frame_table[n].next) {
        listed++;
        if (frame_table[n].owner != d->id) {
            log_msg(LOG_ERR, "audit: frame %#x on the list of %s is owned by %#x", n, d->name,
                    frame_table[n].owner);
            errors++;
        }
    }
    if (listed != d->pages.count || listed != d->tot_pages) {
        log_msg(LOG_ERR, "audit: %s has %lu frames listed, count %lu, tot_pages %lu", d->name,
                (unsigned long)listed, (unsigned long)d->pages.count, (unsigned long)d->tot_pages);
        errors++;
    }
    for (unsigned i = 0; i < d->evtchn.array_pages; i++)
        frames_audit_count(MFN(d->evtchn.array[i]), TYPE_WRITABLE);
    for (unsigned i = 0; d->vcpus && i < d->max_vcpus; i++)
        if (d->vcpus[i])
            count_vcpu(d->vcpus[i]);
}

static void compare(void)
{
    for (uint64_t n = 0; n < max_mfn; n++) {
        const struct frame *f = &frame_table[n];

        if ((f->refs & FRAME_REFS_MASK) == counts[n].refs &&
            (f->type & TYPE_COUNT_MASK) == counts[n].type)
            continue;
        log_msg(LOG_ERR, "audit: frame %#lx (owner %#x, type %#x) has %u refs and %u types, found %u and %u",
                (unsigned long)n, f->owner, f->type, f->refs & FRAME_REFS_MASK,
                f->type & TYPE_COUNT_MASK, counts[n].refs, counts[n].type);
        errors++;
    }
}

unsigned frames_audit(void)
{
    size_t bytes = max_mfn * sizeof(*counts);

    errors = 0;
    counts = xalloc(bytes);
    if (!counts) {
        log_msg(LOG_ERR, "audit: no memory for the counts");
        return 1;
    }
    for (uint64_t n = 0; n < max_mfn; n++)
        count_frame(MFN(n));
    for (domid_t id = 0; id < DOMID_FIRST_RESERVED; id++) {
        struct domain *d = domain_next(id);

        if (!d)
            break;
        check_domain(d);
        id = d->id;
        domain_put(d);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(hooks) && hooks[i]; i++)
        hooks[i]();
    compare();
    xfree(counts);
    return errors + heap_audit();
}
