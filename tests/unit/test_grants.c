/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/grants.c */
/* Copies between grants: a hypervisor that copies by references alone, and a kernel that takes any memory. */
#include "dom0/backend/backend.h"
#include "dom0/lib/log.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/grant_table.h>
#include <xencall.h>
#include <xengnttab.h>

enum { PAGE = 4096, OWN = 64, GUEST = 7 };

static uint8_t guest[4][PAGE], *own[OWN];
static unsigned nr_own, calls, long_ways, limit, notes;
static bool refuses;

void log_line(int level, const char *format, ...)
{
    (void)level;
    (void)format;
    notes++;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *l, unsigned flags)
{
    (void)l;
    (void)flags;
    return (void *)guest;
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *h, uint32_t n, uint32_t domid, uint32_t *refs, int prot)
{
    (void)h, (void)n, (void)domid, (void)refs, (void)prot;
    return NULL;
}

int xengnttab_unmap(xengnttab_handle *h, void *at, uint32_t n)
{
    (void)h, (void)at, (void)n;
    return 0;
}

int xengnttab_grant_copy(xengnttab_handle *h, uint32_t n, xengnttab_grant_copy_segment_t *s)
{
    (void)h;
    long_ways++;
    for (; n; n--, s++)
        s->status = GNTST_okay;
    return 0;
}

xengntshr_handle *xengntshr_open(struct xentoollog_logger *l, unsigned flags)
{
    (void)l;
    (void)flags;
    return (void *)guest;
}

void *xengntshr_share_pages(xengntshr_handle *h, uint32_t domid, int n, uint32_t *refs, int writable)
{
    uint8_t *at;

    (void)h;
    cr_assert(!domid && writable);
    if (nr_own + (unsigned)n > limit)
        return NULL;
    at = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < n; i++) {
        refs[i] = nr_own;
        own[nr_own++] = at + i * PAGE;
    }
    return at;
}

int xengntshr_unshare(xengntshr_handle *h, void *at, uint32_t n)
{
    (void)h;
    return munmap(at, (size_t)n * PAGE);
}

xencall_handle *xencall_open(struct xentoollog_logger *l, unsigned flags)
{
    (void)l;
    (void)flags;
    return (void *)guest;
}

void *xencall_alloc_buffer(xencall_handle *h, size_t size)
{
    (void)h;
    return malloc(size);
}

static uint8_t *page_of(const struct gnttab_copy_ptr *p)
{
    if (p->domid == DOMID_SELF)
        return p->u.ref < nr_own ? own[p->u.ref] : NULL;
    return p->domid == GUEST && p->u.ref < 4 ? guest[p->u.ref] : NULL;
}

int xencall3(xencall_handle *h, unsigned op, uint64_t command, uint64_t list, uint64_t n)
{
    gnttab_copy_t *o = (gnttab_copy_t *)list;

    (void)h;
    cr_assert(op == __HYPERVISOR_grant_table_op && command == GNTTABOP_copy);
    calls++;
    if (refuses)
        return -1;
    for (; n; n--, o++) {
        uint8_t *from = page_of(&o->source), *to = page_of(&o->dest);

        cr_assert_eq(o->flags, GNTCOPY_source_gref | GNTCOPY_dest_gref);
        o->status = !from || !to ? GNTST_bad_gntref : o->source.offset + o->len > PAGE || o->dest.offset + o->len > PAGE ? GNTST_bad_copy_arg : GNTST_okay;
        if (!o->status)
            memcpy(to + o->dest.offset, from + o->source.offset, o->len);
    }
    return 0;
}

static void setup(void)
{
    limit = OWN;
    for (unsigned i = 0; i < sizeof(guest); i++)
        guest[i / PAGE][i % PAGE] = (uint8_t)(i * 7 + i / PAGE);
    cr_assert(!grants_open());
    calls = 0;
}

TestSuite(grants, .init = setup);

static xengnttab_grant_copy_segment_t in(uint32_t ref, uint16_t offset, void *to, uint16_t length)
{
    return (xengnttab_grant_copy_segment_t){.source.foreign = {ref, offset, GUEST}, .dest.virt = to, .len = length, .flags = GNTCOPY_source_gref};
}

static xengnttab_grant_copy_segment_t out(void *from, uint32_t ref, uint16_t offset, uint16_t length)
{
    return (xengnttab_grant_copy_segment_t){.source.virt = from, .dest.foreign = {ref, offset, GUEST}, .len = length, .flags = GNTCOPY_dest_gref};
}

Test(grants, one_call_copies_both_ways_across_pages)
{
    uint8_t *at = grants_area(3 * PAGE - 5), was[PAGE];
    xengnttab_grant_copy_segment_t s[] = {in(1, 0, at + 1000, PAGE), in(2, 96, at + 5096, 4000), out(at + 1000, 3, 0, PAGE)};

    memcpy(was, guest[1], PAGE);
    cr_assert(!notes && !grants_copy(s, 3) && calls == 1 && !long_ways);
    cr_assert(!memcmp(at + 1000, was, PAGE) && !memcmp(at + 5096, guest[2] + 96, 4000) && !memcmp(guest[3], was, PAGE));
    cr_assert(!s[0].status && !s[1].status && !s[2].status);
    grants_area_free(at, 3 * PAGE - 5);
}

Test(grants, each_has_its_status)
{
    uint8_t *at = grants_area(2 * PAGE);
    xengnttab_grant_copy_segment_t s[] = {in(9, 0, at + 100, PAGE), in(1, 0, at, 8), in(1, 4000, at + 4090, 200)};

    cr_assert(!grants_copy(s, 3));
    cr_assert(s[0].status == GNTST_bad_gntref && s[1].status == GNTST_okay && s[2].status == GNTST_bad_copy_arg);
}

Test(grants, other_memory_goes_the_long_way)
{
    static uint8_t plain[PAGE];
    uint8_t *at = grants_area(PAGE);
    xengnttab_grant_copy_segment_t s[] = {in(1, 0, at, 8), in(1, 0, plain, 8)}, beyond = in(1, 0, at + 4000, 200);

    cr_assert(!grants_copy(s, 2) && long_ways == 1 && !calls);
    cr_assert(!grants_copy(&beyond, 1) && long_ways == 2 && !calls);
    refuses = true;
    cr_assert(!grants_copy(s, 1) && long_ways == 3 && calls == 1);
    grants_area_free(at, PAGE);
    cr_assert(!grants_copy(s, 1) && long_ways == 4 && calls == 1);
}

Test(grants, without_such_pages_there_is_memory)
{
    uint8_t *at;

    limit = nr_own;
    at = grants_area(5 * PAGE);
    cr_assert(at && !at[5 * PAGE - 1]);
    grants_area_free(at, 5 * PAGE);
    limit = 0;
    cr_assert(!grants_open() && notes == 1);
}
