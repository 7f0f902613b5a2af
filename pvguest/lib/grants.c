/* SPDX-License-Identifier: MIT */
#include "grants.h"

#include "pvguest.h"

#define FRAMES_MAX 64

grant_entry_v1_t *grant_table;
static unsigned int entries;
static grant_ref_t next_ref = GRANTS_RESERVED;
static grant_ref_t first_free; /* 0: none. Each free entry's frame field has the next. */

/* The table's first `frames` frames, of which the first `old` are mapped already. */
static long set_frames(unsigned int old, unsigned int frames)
{
    static xen_pfn_t list[FRAMES_MAX];
    struct gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = frames};
    long rc;

    set_xen_guest_handle(op.frame_list, list);
    rc = hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1);
    if (rc || op.status != GNTST_okay)
        return rc ? rc : op.status;
    for (unsigned int i = old; i < frames; i++)
        MUST(
            map_page(&kernel_aspace, (unsigned long)grant_table + i * PAGE_SIZE, list[i], PROT_RW));
    entries = frames * GRANTS_PER_FRAME;
    return 0;
}

long grants_init(unsigned int frames)
{
    long rc;

    ASSERT(frames && frames <= FRAMES_MAX);
    grant_table = va_alloc(FRAMES_MAX);
    rc = set_frames(0, frames);
    if (rc)
        grant_table = NULL;
    return rc;
}

void grants_need(void)
{
    if (!grant_table)
        MUST(grants_init(1));
}

unsigned int grants_count(void)
{
    return entries;
}

grant_ref_t grant_try_alloc(void)
{
    grant_ref_t ref = first_free;
    unsigned int frames;

    grants_need();
    if (ref) {
        first_free = grant_table[ref].frame;
        return ref;
    }
    frames = entries / GRANTS_PER_FRAME;
    if (next_ref >= entries && (frames == FRAMES_MAX || set_frames(frames, frames + 1)))
        return 0;
    return next_ref++;
}

grant_ref_t grant_alloc(void)
{
    grant_ref_t ref = grant_try_alloc();

    if (!ref)
        panic("all %u grant references are in use", entries);
    return ref;
}

void grant_free(grant_ref_t ref)
{
    ASSERT(ref >= GRANTS_RESERVED && ref < entries && !grant_table[ref].flags);
    grant_table[ref].frame = first_free;
    first_free = ref;
}

void grant_access(grant_ref_t ref, domid_t dom, unsigned long mfn, unsigned int flags)
{
    grant_entry_v1_t *e = &grant_table[ref];

    ASSERT(ref < entries);
    e->frame = (uint32_t)mfn;
    e->domid = dom;
    /* The flags make the entry valid: everything else must be there before. */
    __atomic_store_n(&e->flags, (uint16_t)(GTF_permit_access | flags), __ATOMIC_SEQ_CST);
}

grant_ref_t grant_page(domid_t dom, const void *page, unsigned int flags)
{
    grant_ref_t ref = grant_alloc();

    grant_access(ref, dom, va_to_mfn(page), flags);
    return ref;
}

bool grant_end(grant_ref_t ref)
{
    grant_entry_v1_t *e = &grant_table[ref];
    uint16_t flags = __atomic_load_n(&e->flags, __ATOMIC_SEQ_CST);

    do {
        if (flags & (GTF_reading | GTF_writing))
            return false;
    } while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return true;
}

int grant_map(struct gnttab_map_grant_ref *op)
{
    MUST(hypercall_grant_table_op(GNTTABOP_map_grant_ref, op, 1));
    return op->status;
}

int grant_map_at(void *va, domid_t dom, grant_ref_t ref, unsigned int flags, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = (unsigned long)va,
        .flags = GNTMAP_host_map | flags,
        .ref = ref,
        .dom = dom,
    };
    int status = grant_map(&op);

    *handle = op.handle;
    return status;
}

int grant_unmap(void *va, grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = (unsigned long)va, .handle = handle};

    MUST(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1));
    return op.status;
}

int grant_copy(struct gnttab_copy *op)
{
    MUST(hypercall_grant_table_op(GNTTABOP_copy, op, 1));
    return op->status;
}
