/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "backend.h"
#include "log.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xencall.h>
#include <xengnttab.h>

#define PAGE 4096u
#define OWN_DOMID 0
#define AREAS 64
#define OPS 640u

static xengnttab_handle *handle;
/* What grants_area() gave out that Dom0 granted to itself: the hypervisor is told these grants and copies at once. Else the kernel would
 * look for each page in the page tables, each of whose entries it has to translate first. */
static xengntshr_handle *shares;
static xencall_handle *calls;
static gnttab_copy_t *ops;
static struct area {
    uint8_t *at; /* NULL: free */
    size_t bytes;
    uint32_t *refs;
} areas[AREAS];
static unsigned nr_areas; /* all are below */

void *grants_map(unsigned domid, const uint32_t *refs, unsigned n, bool write)
{
    return xengnttab_map_domain_grant_refs(handle, n, domid, (uint32_t *)refs, PROT_READ | (write ? PROT_WRITE : 0));
}

void grants_unmap(void *at, unsigned n)
{
    if (at)
        xengnttab_unmap(handle, at, n);
}

/* ---- copies ---- */

static struct area *area_of(const void *at)
{
    for (struct area *a = areas; a < areas + nr_areas; a++)
        if (a->at && (const uint8_t *)at >= a->at && (size_t)((const uint8_t *)at - a->at) < a->bytes)
            return a;
    return NULL;
}

/* The part of a segment from `done` on that lies in one page here; how long it is, or 0: it is in no area. */
static uint32_t op_make(gnttab_copy_t *o, const xengnttab_grant_copy_segment_t *s, uint32_t done)
{
    bool in = s->flags == GNTCOPY_source_gref;
    const uint8_t *at = (const uint8_t *)(in ? s->dest.virt : s->source.virt) + done;
    const struct area *a = area_of(at);
    size_t offset = a ? (size_t)(at - a->at) : 0;
    uint32_t ref = in ? s->source.foreign.ref : s->dest.foreign.ref, length = (uint32_t)(PAGE - offset % PAGE);
    uint16_t there = (uint16_t)((in ? s->source.foreign.offset : s->dest.foreign.offset) + done);
    domid_t domid = in ? s->source.foreign.domid : s->dest.foreign.domid;

    if (!a || offset + s->len - done > a->bytes)
        return 0;
    if (length > s->len - done)
        length = s->len - done;
    memset(o, 0, sizeof(*o));
    o->source.u.ref = in ? ref : a->refs[offset / PAGE];
    o->dest.u.ref = in ? a->refs[offset / PAGE] : ref;
    o->source.domid = in ? domid : DOMID_SELF;
    o->dest.domid = in ? DOMID_SELF : domid;
    o->source.offset = in ? there : (uint16_t)(offset % PAGE);
    o->dest.offset = in ? (uint16_t)(offset % PAGE) : there;
    o->len = (uint16_t)length;
    o->flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
    return length;
}

/* True: each has its status. */
static bool copy_at_once(xengnttab_grant_copy_segment_t *s, unsigned n)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < n; i++)
        for (uint32_t done = 0, length; done < s[i].len; done += length)
            if (nr == OPS || !(length = op_make(&ops[nr++], &s[i], done)))
                return false;
    if (xencall3(calls, __HYPERVISOR_grant_table_op, GNTTABOP_copy, (uint64_t)(uintptr_t)ops, nr))
        return false;
    nr = 0;
    for (unsigned i = 0; i < n; i++) {
        s[i].status = GNTST_okay;
        for (uint32_t done = 0; done < s[i].len; done += ops[nr++].len)
            if (ops[nr].status != GNTST_okay)
                s[i].status = ops[nr].status;
    }
    return true;
}

int grants_copy(struct xengnttab_grant_copy_segment *s, unsigned n)
{
    if (!n || (ops && copy_at_once(s, n)))
        return 0;
    return xengnttab_grant_copy(handle, n, s) ? errno : 0;
}

/* ---- areas ---- */

void *grants_area(size_t bytes)
{
    uint32_t pages = (uint32_t)((bytes + PAGE - 1) / PAGE);
    struct area *a = areas;
    void *at;

    while (a < areas + AREAS && a->at)
        a++;
    if (shares && ops && a < areas + AREAS && (a->refs = calloc(pages, sizeof(*a->refs)))) {
        a->at = xengntshr_share_pages(shares, OWN_DOMID, (int)pages, a->refs, 1);
        a->bytes = (size_t)pages * PAGE;
        if (a->at) {
            nr_areas = a - areas >= nr_areas ? (unsigned)(a - areas) + 1 : nr_areas;
            return a->at;
        }
        free(a->refs); /* the kernel has a limit */
    }
    at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

void grants_area_free(void *at, size_t bytes)
{
    struct area *a = area_of(at);

    if (!a) {
        munmap(at, bytes);
        return;
    }
    xengntshr_unshare(shares, a->at, (uint32_t)(a->bytes / PAGE));
    free(a->refs);
    *a = (struct area){0};
}

/* From one page of ours to another, both by their grants. */
static bool works(void)
{
    uint8_t *at = shares ? grants_area(2 * PAGE) : NULL;
    const struct area *a = at ? area_of(at) : NULL;
    bool good = false;

    if (a) {
        xengnttab_grant_copy_segment_t s = {.source.virt = at + 1, .len = PAGE - 2, .flags = GNTCOPY_dest_gref,
                                            .dest.foreign = {.ref = a->refs[1], .offset = 2, .domid = DOMID_SELF}};

        memset(at, 0x5a, PAGE);
        good = copy_at_once(&s, 1) && s.status == GNTST_okay && !at[PAGE + 1] && !memcmp(at + PAGE + 2, at, PAGE - 2);
    }
    if (at)
        grants_area_free(at, 2 * PAGE);
    return good;
}

int grants_open(void)
{
    handle = xengnttab_open(NULL, 0);
    if (!handle)
        return -1;
    shares = xengntshr_open(NULL, 0);
    calls = xencall_open(NULL, 0);
    ops = calls ? xencall_alloc_buffer(calls, OPS * sizeof(*ops)) : NULL;
    if (!ops || !works()) {
        ops = NULL;
        log_line(LOG_NOTE, "grants are copied the long way (modprobe xen-gntalloc)");
    }
    return 0;
}
