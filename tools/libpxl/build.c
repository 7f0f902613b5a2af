/* SPDX-License-Identifier: MIT */
/*
 * A domain's memory, filled from Dom0: frames in large extents, only the pages that get contents are mapped, in one
 * call each for the image and for what lies behind it. The layout is the hypervisor's own builder's (boot/domlayout.h).
 */
#include "internal.h"
#include "boot/domlayout.h"
#include "core/pte.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUPER_ORDER 9
#define SUPER_PAGES (1ul << SUPER_ORDER)

/* Pages of the domain mapped here: pfn first .. first+nr-1. */
struct piece {
    uint64_t first, nr;
    uint8_t *va;
};

struct builder {
    struct pxl *p;
    struct build *r;
    const struct kernel_plan *plan;
    struct dom_layout lay;
    uint64_t *mfn;               /* by pfn */
    struct piece piece[2];       /* the image; initrd and list of frames behind it */
    const uint8_t *initrd;
    uint64_t initrd_size;
    uint64_t next_table;
};

static uint64_t pfn_of(const struct builder *b, uint64_t va)
{
    return (va - b->lay.v_start) >> PAGE_SHIFT;
}

static void *page(const struct builder *b, uint64_t pfn)
{
    for (unsigned i = 0; i < 2; i++)
        if (pfn - b->piece[i].first < b->piece[i].nr)
            return b->piece[i].va + ((pfn - b->piece[i].first) << PAGE_SHIFT);
    abort(); /* the layout names every page that is written */
}

/* ---- frames ---- */

/* One extent a number in mfn[], from pfn on; how many were given. */
static long populate(struct builder *b, uint64_t pfn, uint64_t extents, unsigned order)
{
    struct xen_memory_reservation op = {.extent_order = order, .domid = (domid_t)b->r->domid};
    xen_pfn_t *list = bounce_array(b->p, extents * sizeof(*list));
    int done;

    for (uint64_t i = 0; i < extents; i++)
        list[i] = pfn + (i << order);
    op.nr_extents = extents;
    set_xen_guest_handle_raw(op.extent_start, list);
    done = memory_op(b->p, XENMEM_populate_physmap, &op, sizeof(op), "memory_op populate_physmap");
    for (int i = 0; i < done; i++)
        for (uint64_t k = 0; k < 1ul << order; k++)
            b->mfn[pfn + ((uint64_t)i << order) + k] = list[i] + k;
    return done;
}

/* Debian's Linux lets no other task of Dom0 have the processor during a hypercall, and these are cleared in it. */
#define PAGES_A_CALL 4096u
_Static_assert(PAGES_A_CALL * sizeof(xen_pfn_t) <= BOUNCE_BYTES / 2, "their list has room");

static int memory_get(struct builder *b)
{
    uint64_t pfn = 0, nr = b->r->nr_pages;
    bool super = true;

    while (pfn < nr) {
        uint64_t left = nr - pfn, n;
        long done;

        if (super && left >= SUPER_PAGES) {
            n = (left < PAGES_A_CALL ? left : PAGES_A_CALL) >> SUPER_ORDER;
            done = populate(b, pfn, n, SUPER_ORDER);
            if (done < 0)
                return -1;
            pfn += (uint64_t)done << SUPER_ORDER;
            super = (uint64_t)done == n; /* fragmented: the rest in single pages */
            continue;
        }
        n = left < PAGES_A_CALL ? left : PAGES_A_CALL;
        done = populate(b, pfn, n, 0);
        if (done < 0)
            return -1;
        pfn += (uint64_t)done;
        if ((uint64_t)done < n)
            return pxl_fail(b->p, "memory_op populate_physmap", ENOMEM, "a smaller memory=, or pxl mem-set Domain-0 to less",
                            "get %lu KiB of memory: there were %lu KiB", nr * 4, pfn * 4);
    }
    return 0;
}

static int piece_map(struct builder *b, unsigned i, uint64_t first, uint64_t nr)
{
    struct piece *s = &b->piece[i];

    s->first = first;
    if (!nr)
        return 0;
    s->va = xenforeignmemory_map(b->p->memory, b->r->domid, PROT_READ | PROT_WRITE, nr, b->mfn + first, NULL);
    if (!s->va)
        return pxl_fail(b->p, "xenforeignmemory_map", errno, NULL, "map %lu pages of the new domain", nr);
    s->nr = nr;
    return 0;
}

static void pieces_unmap(struct builder *b)
{
    for (unsigned i = 0; i < 2; i++)
        if (b->piece[i].nr)
            xenforeignmemory_unmap(b->p->memory, b->piece[i].va, b->piece[i].nr);
    b->piece[0].nr = b->piece[1].nr = 0;
}

/* ---- contents ---- */

static void kernel_load(struct builder *b)
{
    for (unsigned i = 0; i < b->plan->segments; i++) {
        const struct kernel_segment *s = &b->plan->segment[i];
        uint8_t *to = (uint8_t *)page(b, pfn_of(b, s->va)) + (s->va & (PAGE_SIZE - 1));

        memcpy(to, image_bytes(b->r->image) + s->file_off, s->file_size);
        memset(to + s->file_size, 0, s->mem_size - s->file_size);
    }
}

static void initrd_load(struct builder *b)
{
    uint8_t *to;

    if (!b->initrd_size)
        return;
    to = page(b, b->lay.initrd_pfn);
    memcpy(to, b->initrd, b->initrd_size);
    memset(to + b->initrd_size, 0, -b->initrd_size & (PAGE_SIZE - 1));
}

static void p2m_write(struct builder *b)
{
    const struct dom_layout *l = &b->lay;
    uint64_t *list = page(b, l->p2m_pfn ? l->p2m_pfn : pfn_of(b, l->v_p2m));

    memcpy(list, b->mfn, l->nr_pages * sizeof(*list));
    memset(list + l->nr_pages, 0xff, (l->p2m_pages << PAGE_SHIFT) - l->nr_pages * sizeof(*list));
}

#define LINK_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PAGE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A)

static uint64_t table_take(struct builder *b)
{
    memset(page(b, b->next_table), 0, PAGE_SIZE);
    return b->next_table++;
}

/* The entries point to machine frames; to go down again, the pseudo-physical one of each table is kept beside. */
struct walk {
    uint64_t *table[5];
    uint64_t index[5];
};

static void range_map(struct builder *b, uint64_t l4, uint64_t va, uint64_t pfn, uint64_t pages)
{
    const struct dom_layout *l = &b->lay;
    uint64_t ro = pfn_of(b, l->v_tables), ro_end = ro + l->nr_tables;
    struct walk w = {.table = {[4] = page(b, l4)}};

    for (uint64_t end = pfn + pages; pfn < end; pfn++, va += PAGE_SIZE) {
        for (int level = 4; level > 1; level--) {
            unsigned i = pte_index(va, level);

            if (w.table[level - 1] && w.index[level] == i)
                continue;
            for (int below = level - 1; below; below--)
                w.table[below] = NULL;
            if (!(w.table[level][i] & PTE_P)) {
                uint64_t t = table_take(b);

                w.table[level][i] = (b->mfn[t] << PAGE_SHIFT) | LINK_FLAGS;
                w.table[level - 1] = page(b, t);
            }
            w.index[level] = i;
        }
        w.table[1][pte_index(va, 1)] =
            (b->mfn[pfn] << PAGE_SHIFT) | (pfn >= ro && pfn < ro_end ? PAGE_FLAGS & ~PTE_RW : PAGE_FLAGS);
    }
}

/* The two ranges never meet in one L4 entry (boot/domlayout.h), so each builds its own tables. */
static uint64_t tables_write(struct builder *b)
{
    const struct dom_layout *l = &b->lay;
    uint64_t first = pfn_of(b, l->v_tables), l4;

    b->next_table = first;
    l4 = table_take(b);
    range_map(b, l4, l->v_start, 0, l->image_pages);
    while (b->next_table < first + l->nr_tables)
        table_take(b);
    if (l->p2m_pfn) {
        b->next_table = l->p2m_pfn + l->p2m_pages;
        range_map(b, l4, l->v_p2m, l->p2m_pfn, l->p2m_pages);
    }
    return b->mfn[l4];
}

static int start_info_write(struct builder *b, uint64_t shared_info_mfn)
{
    const struct dom_layout *l = &b->lay;
    struct start_info *si = page(b, pfn_of(b, l->v_start_info));
    uint64_t special = pfn_of(b, l->v_special);
    size_t length = strlen(b->r->cmdline);

    if (length >= sizeof(si->cmd_line))
        return pxl_fail(b->p, NULL, E2BIG, NULL, "pass a command line of %zu bytes to the kernel (at most %zu)", length,
                        sizeof(si->cmd_line) - 1);
    memset(si, 0, PAGE_SIZE);
    strcpy(si->magic, "xen-3.0-x86_64");
    si->nr_pages = l->nr_pages;
    si->shared_info = shared_info_mfn << PAGE_SHIFT;
    si->pt_base = l->v_tables;
    si->nr_pt_frames = l->nr_tables;
    si->mfn_list = l->v_p2m;
    if (l->p2m_pfn) {
        si->first_p2m_pfn = l->p2m_pfn;
        si->nr_p2m_frames = l->p2m_pages + l->p2m_tables;
    }
    if (b->initrd_size) {
        si->mod_start = l->v_initrd ? l->v_initrd : l->initrd_pfn;
        si->mod_len = b->initrd_size;
        si->flags |= l->v_initrd ? 0 : SIF_MOD_START_PFN;
    }
    memset(page(b, special), 0, 2 * PAGE_SIZE);
    b->r->store_mfn = si->store_mfn = b->mfn[special];
    si->store_evtchn = b->r->store_port;
    b->r->console_mfn = si->console.domU.mfn = b->mfn[special + 1];
    si->console.domU.evtchn = b->r->console_port;
    memcpy(si->cmd_line, b->r->cmdline, length);
    memset(page(b, pfn_of(b, l->v_stack)), 0, BOOT_STACK_SIZE);
    return 0;
}

/* ---- the rest of the domain ---- */

static int shared_info_init(struct builder *b, uint64_t mfn)
{
    xen_pfn_t frame = mfn;
    struct shared_info *s = xenforeignmemory_map(b->p->memory, b->r->domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);

    if (!s)
        return pxl_fail(b->p, "xenforeignmemory_map", errno, NULL, "map the shared_info of the new domain");
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        s->vcpu_info[i].evtchn_upcall_mask = 1;
    s->arch.max_pfn = b->lay.nr_pages;
    xenforeignmemory_unmap(b->p->memory, s, 1);
    return 0;
}

/* The domain may let Dom0 see its rings from the beginning: entries 0 and 1 are reserved for that. */
static int grants_seed(struct builder *b)
{
    void *map = NULL;
    xenforeignmemory_resource_handle *h =
        xenforeignmemory_map_resource(b->p->memory, (domid_t)b->r->domid, XENMEM_resource_grant_table,
                                      XENMEM_resource_grant_table_id_shared, 0, 1, &map, PROT_READ | PROT_WRITE, 0);
    grant_entry_v1_t *g = map;

    if (!h)
        return pxl_fail(b->p, "memory_op acquire_resource", errno, NULL, "map the grant table of the new domain");
    g[GNTTAB_RESERVED_CONSOLE].domid = g[GNTTAB_RESERVED_XENSTORE].domid = 0;
    g[GNTTAB_RESERVED_CONSOLE].frame = (uint32_t)b->r->console_mfn;
    g[GNTTAB_RESERVED_XENSTORE].frame = (uint32_t)b->r->store_mfn;
    g[GNTTAB_RESERVED_CONSOLE].flags = g[GNTTAB_RESERVED_XENSTORE].flags = GTF_permit_access;
    xenforeignmemory_unmap_resource(b->p->memory, h);
    return 0;
}

static int vcpu_start(struct builder *b, uint64_t l4)
{
    vcpu_guest_context_t *c = bounce_array(b->p, sizeof(*c));
    xen_domctl_t *d = domctl_new(b->p, XEN_DOMCTL_setvcpucontext, b->r->domid);

    memset(c, 0, sizeof(*c));
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = b->plan->entry;
    c->user_regs.rsp = b->lay.v_stack + BOOT_STACK_SIZE;
    c->user_regs.rsi = b->lay.v_start_info;
    c->user_regs.rflags = 0x200; /* IF */
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ds = c->user_regs.es = c->user_regs.fs = c->user_regs.gs = 0;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = c->user_regs.rsp;
    c->ctrlreg[3] = l4 << PAGE_SHIFT;
    d->u.vcpucontext.vcpu = 0;
    set_xen_guest_handle_raw(d->u.vcpucontext.ctxt, c);
    return domctl_run(b->p, "domctl setvcpucontext");
}

static int hypercall_page_make(struct builder *b)
{
    xen_domctl_t *d = domctl_new(b->p, XEN_DOMCTL_hypercall_init, b->r->domid);

    if (b->plan->hypercall_page == PLAN_NONE)
        return 0;
    d->u.hypercall_init.gmfn = b->mfn[pfn_of(b, b->plan->hypercall_page)];
    return domctl_run(b->p, "domctl hypercall_init");
}

/* ---- in order ---- */

static int fill(struct builder *b, uint64_t shared_info_mfn, uint64_t *l4)
{
    const struct dom_layout *l = &b->lay;
    uint64_t first = pfn_of(b, b->plan->kernel_start), last = pfn_of(b, l->v_stack + BOOT_STACK_SIZE - 1);
    uint64_t behind = (l->v_initrd ? 0 : l->initrd_pages) + (l->p2m_pfn ? l->p2m_pages + l->p2m_tables : 0);

    if (piece_map(b, 0, first, last - first + 1) || piece_map(b, 1, l->image_pages, behind))
        return -1;
    kernel_load(b);
    initrd_load(b);
    p2m_write(b);
    if (start_info_write(b, shared_info_mfn))
        return -1;
    *l4 = tables_write(b);
    return 0;
}

static int build(struct builder *b)
{
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L4_TABLE};
    xen_domctl_getdomaininfo_t info;
    uint64_t l4 = 0;
    int rc;

    if (memory_get(b) || hv_domaininfo(b->p, b->r->domid, &info))
        return -1;
    rc = fill(b, info.shared_info_frame, &l4);
    pieces_unmap(b); /* a table that is still mapped for writing cannot be pinned */
    if (rc || hypercall_page_make(b))
        return -1;
    pin.arg1.mfn = l4;
    if (mmuext_op(b->p, &pin, b->r->domid, "mmuext_op pin_l4_table"))
        return -1;
    return shared_info_init(b, info.shared_info_frame) || grants_seed(b) || vcpu_start(b, l4) ? -1 : 0;
}

static int initrd_open(struct builder *b)
{
    struct stat st;
    void *map;
    int fd;

    if (!b->r->ramdisk)
        return 0;
    fd = open(b->r->ramdisk, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st))
        return pxl_fail(b->p, "open", errno, "ramdisk= names a file in Dom0", "read ramdisk %s", b->r->ramdisk);
    map = st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    close(fd);
    if (map == MAP_FAILED)
        return pxl_fail(b->p, "mmap", errno, NULL, "read ramdisk %s", b->r->ramdisk);
    b->initrd = map;
    b->initrd_size = (uint64_t)st.st_size;
    return 0;
}

int build_domain(struct pxl *p, struct build *r)
{
    struct builder b = {.p = p, .r = r, .plan = image_plan(r->image)};
    char err[PLAN_ERROR];
    int rc = -1;

    if (!b.plan)
        return pxl_fail(p, NULL, ENOEXEC, "pxl check KERNEL says more", "use the kernel: %s",
                        pxl_image_info(r->image)->nr_missing ? pxl_image_info(r->image)->missing[0] : "unknown");
    if (initrd_open(&b))
        return -1;
    if (!dom_layout(b.plan, r->nr_pages, b.initrd_size, 2, &b.lay, err)) {
        pxl_fail(p, NULL, ENOMEM, "a larger memory=", "lay out the domain: %s", err);
        goto out;
    }
    b.mfn = malloc(r->nr_pages * sizeof(*b.mfn));
    if (b.mfn)
        rc = build(&b);
    else
        pxl_fail(p, "malloc", ENOMEM, NULL, "build the domain");
    free(b.mfn);
out:
    if (b.initrd_size)
        munmap((void *)b.initrd, b.initrd_size);
    return rc;
}
