/* SPDX-License-Identifier: MIT */
/* Grants of a domain to itself, and giving pages back and taking others. */
#include "bench.h"

#define TURNS 300
#define COPIES 16
#define OWN_DOMID 0 /* Maps name the granting domain by its real number */

static grant_ref_t refs[PAIRED];
static grant_handle_t handles[PAIRED];

static void bench_grant_maps(void)
{
    char *pages = pages_alloc(PAIRED), *window = va_alloc(PAIRED);
    uint64_t map_ticks[SAMPLES], unmap_ticks[SAMPLES];
    long rc = 0;

    for (unsigned int p = 0; p < PAIRED; p++)
        refs[p] = grant_page(OWN_DOMID, pages + p * PAGE_SIZE, 0);
    for (unsigned int s = 0; s < SAMPLES; s++) {
        struct gnttab_map_grant_ref map = {.flags = GNTMAP_host_map, .dom = OWN_DOMID};
        struct gnttab_unmap_grant_ref unmap = {.dev_bus_addr = 0};

        map_ticks[s] = BENCH_TICKS(PAIRED, {
            map.host_addr = (unsigned long)window + i * PAGE_SIZE;
            map.ref = refs[i];
            rc |= hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
            rc |= map.status;
            handles[i] = map.handle;
        });
        unmap_ticks[s] = BENCH_TICKS(PAIRED, {
            unmap.host_addr = (unsigned long)window + i * PAGE_SIZE;
            unmap.handle = handles[i];
            rc |= hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
            rc |= unmap.status;
        });
    }
    bench_report("grant_map", map_ticks, PAIRED, rc);
    bench_report("grant_unmap", unmap_ticks, PAIRED, rc);
    for (unsigned int p = 0; p < PAIRED; p++) {
        grant_end(refs[p]);
        grant_free(refs[p]);
    }
}

/* In batches, as back ends do it: entries named by address or, as for a process's pages, by the entry itself. */
static void bench_grant_batches(unsigned int batch, const char *kind, uint32_t flags)
{
    static struct gnttab_map_grant_ref map[PAIRED];
    static struct gnttab_unmap_grant_ref unmap[PAIRED];
    char *pages = pages_alloc(PAIRED), *window = va_alloc(PAIRED), name[40];
    uint64_t map_ticks[SAMPLES], unmap_ticks[SAMPLES];
    long rc = 0;

    for (unsigned int p = 0; p < PAIRED; p++) {
        char *va = window + p * PAGE_SIZE;

        refs[p] = grant_page(OWN_DOMID, pages + p * PAGE_SIZE, 0);
        map[p] = (struct gnttab_map_grant_ref){.host_addr = (unsigned long)va, .ref = refs[p], .flags = flags};
        if (flags & GNTMAP_contains_pte)
            map[p].host_addr = pte_maddr(va);
    }
    for (unsigned int s = 0; s < SAMPLES; s++) {
        map_ticks[s] = BENCH_TICKS(PAIRED / batch, {
            rc |= hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map[i * batch], batch);
        });
        for (unsigned int p = 0; p < PAIRED; p++) {
            rc |= map[p].status;
            unmap[p] = (struct gnttab_unmap_grant_ref){.host_addr = map[p].host_addr, .handle = map[p].handle};
        }
        unmap_ticks[s] = BENCH_TICKS(PAIRED / batch, {
            rc |= hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap[i * batch], batch);
        });
        for (unsigned int p = 0; p < PAIRED; p++)
            rc |= unmap[p].status;
    }
    snprintf(name, sizeof(name), "grant_map_%s%u", kind, batch);
    bench_report(name, map_ticks, PAIRED, rc);
    snprintf(name, sizeof(name), "grant_unmap_%s%u", kind, batch);
    bench_report(name, unmap_ticks, PAIRED, rc);
    for (unsigned int p = 0; p < PAIRED; p++) {
        grant_end(refs[p]);
        grant_free(refs[p]);
    }
}

static void bench_copy(const char *name, struct gnttab_copy *copy)
{
    BENCH(name, TURNS, {
        rc |= hypercall_grant_table_op(GNTTABOP_copy, copy, 1);
        rc |= copy->status;
    });
}

static void bench_copies(const struct gnttab_copy *copy)
{
    static struct gnttab_copy list[COPIES];
    long failed = 0;

    for (unsigned int n = 0; n < COPIES; n++)
        list[n] = *copy;
    BENCH_PER("grant_copy_4096_ref_16", TURNS / 10, COPIES,
              rc |= hypercall_grant_table_op(GNTTABOP_copy, list, COPIES));
    for (unsigned int n = 0; n < COPIES; n++)
        failed |= list[n].status;
    if (failed)
        panic("a copy in a batch failed");
}

/* Between two of our own frames, and from a granted one as a back end does it. */
static void bench_grant_copies(void)
{
    void *from = page_alloc(), *to = page_alloc();
    struct gnttab_copy copy = {
        .source = {.u.gmfn = va_to_mfn(from), .domid = DOMID_SELF},
        .dest = {.u.gmfn = va_to_mfn(to), .domid = DOMID_SELF},
        .len = 64,
    };

    bench_copy("grant_copy_64", &copy);
    copy.len = PAGE_SIZE;
    bench_copy("grant_copy_4096", &copy);
    copy.len = 64;
    copy.source.u.ref = grant_page(OWN_DOMID, from, GTF_readonly);
    copy.source.domid = OWN_DOMID;
    copy.flags = GNTCOPY_source_gref;
    bench_copy("grant_copy_64_ref", &copy);
    copy.len = PAGE_SIZE;
    bench_copy("grant_copy_4096_ref", &copy);
    bench_copies(&copy);
}

static xen_pfn_t pfns[PAIRED], frames[PAIRED];

static long reserve(unsigned int cmd, xen_pfn_t *list, unsigned int n)
{
    struct xen_memory_reservation r = {.nr_extents = n, .domid = DOMID_SELF};

    set_xen_guest_handle(r.extent_start, list);
    return hypercall_memory_op(cmd, &r);
}

/* Populating reads PFNs and writes frames into the same list. */
static long populate(unsigned int first, unsigned int n)
{
    for (unsigned int p = first; p < first + n; p++)
        frames[p] = pfns[p];
    return reserve(XENMEM_populate_physmap, &frames[first], n);
}

/* One page at a time: given back and taken again, so that the allocator stays as it was. */
static void bench_single(void)
{
    uint64_t decrease[SAMPLES] = {0}, increase[SAMPLES] = {0};
    long rc = 0;

    for (unsigned int s = 0; s < SAMPLES; s++) {
        for (unsigned int p = 0; p < PAIRED; p++) {
            decrease[s] +=
                BENCH_TICKS(1, rc |= reserve(XENMEM_decrease_reservation, &frames[p], 1) - 1);
            increase[s] += BENCH_TICKS(1, rc |= populate(p, 1) - 1);
        }
    }
    bench_report("decrease_1", decrease, PAIRED, rc);
    bench_report("populate_1", increase, PAIRED, rc);
}

static void bench_reservations(void)
{
    uint64_t both[SAMPLES];
    char *pages = pages_alloc(PAIRED);
    long rc = 0;

    for (unsigned int p = 0; p < PAIRED; p++) {
        pfns[p] = va_to_pfn(pages + p * PAGE_SIZE);
        frames[p] = va_to_mfn(pages + p * PAGE_SIZE);
        MUST(hypercall_update_va_mapping((unsigned long)pages + p * PAGE_SIZE, 0, UVMF_INVLPG));
    }
    bench_single();
    for (unsigned int s = 0; s < SAMPLES; s++) {
        both[s] = BENCH_TICKS(1, {
            rc |= reserve(XENMEM_decrease_reservation, frames, PAIRED) - PAIRED;
            rc |= populate(0, PAIRED) - PAIRED;
        });
    }
    bench_report("reservation_64", both, PAIRED, rc);
}

void bench_memory(void)
{
    bench_grant_maps();
    bench_grant_batches(16, "", GNTMAP_host_map);
    bench_grant_batches(32, "", GNTMAP_host_map);
    bench_grant_batches(32, "pte_", GNTMAP_host_map | GNTMAP_application_map | GNTMAP_contains_pte);
    bench_grant_copies();
    bench_reservations();
}
