/* SPDX-License-Identifier: MIT */
#include "boot/domain_build.h"
#include "boot/builder.h"
#include "boot/image.h"
#include "core/e820.h"
#include "core/hypercall_page.h"
#include "core/log.h"
#include "core/pagetype.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"

/* ---- the pieces of the domain's memory ---- */

static void kernel_load(struct builder *b, const uint8_t *elf)
{
    for (unsigned i = 0; i < b->plan.segments; i++) {
        const struct kernel_segment *s = &b->plan.segment[i];
        uint64_t gpa = builder_gpa(b, s->va);

        builder_write(b, gpa, elf + s->file_off, s->file_size);
        builder_write(b, gpa + s->file_size, NULL, s->mem_size - s->file_size);
    }
    if (b->plan.hypercall_page != PLAN_NONE)
        hypercall_page_init(builder_page(b, builder_gpa(b, b->plan.hypercall_page) >> PAGE_SHIFT));
}

static void initrd_load(struct builder *b, const struct build_request *r)
{
    uint64_t gpa = b->lay.initrd_pfn << PAGE_SHIFT;

    builder_write(b, gpa, r->initrd, r->initrd_size);
    builder_write(b, gpa + r->initrd_size, NULL, -r->initrd_size & ~PAGE_MASK);
}

static void cmdline_copy(struct domain *d, char *dst, const char *src)
{
    size_t n = strnlen(src, MAX_GUEST_CMDLINE);

    if (n == MAX_GUEST_CMDLINE) {
        n--;
        log_msg(LOG_WARN, "%s: kernel command line cut to %zu bytes", d->name, n);
    }
    memcpy(dst, src, n);
    dst[n] = 0;
}

static void start_info_write(struct builder *b, const struct build_request *r)
{
    const struct dom_layout *l = &b->lay;
    struct start_info *si = builder_page(b, builder_gpa(b, l->v_start_info) >> PAGE_SHIFT);
    struct dom0_vga_console_info *vga = (void *)(si + 1);

    memset(si, 0, PAGE_SIZE);
    snprintf(si->magic, sizeof(si->magic), b->d->privileged ? "xen-3.0-x86_64p" : "xen-3.0-x86_64");
    si->nr_pages = l->nr_pages;
    si->shared_info = b->d->shared_info_mfn.n << PAGE_SHIFT;
    si->pt_base = l->v_tables;
    si->nr_pt_frames = l->nr_tables;
    si->mfn_list = l->v_p2m;
    if (l->p2m_pfn) {
        si->first_p2m_pfn = l->p2m_pfn;
        si->nr_p2m_frames = l->p2m_pages + l->p2m_tables;
    }
    if (l->initrd_pages) {
        si->mod_start = l->v_initrd ? l->v_initrd : l->initrd_pfn;
        si->mod_len = r->initrd_size;
        si->flags |= l->v_initrd ? 0 : SIF_MOD_START_PFN;
    }
    if (b->d->privileged) {
        si->flags |= SIF_PRIVILEGED | SIF_INITDOMAIN;
        /* What the firmware left: text, 80x25. Without this the guest's text console guesses. */
        vga->video_type = XEN_VGATYPE_TEXT_MODE_3;
        vga->u.text_mode_3.font_height = 16;
        vga->u.text_mode_3.rows = 25;
        vga->u.text_mode_3.columns = 80;
        si->console.dom0.info_off = sizeof(*si);
        si->console.dom0.info_size = sizeof(*vga);
    }
    cmdline_copy(b->d, (char *)si->cmd_line, r->cmdline);
}

/* Typed as if the guest had done it: whatever is wrong in the tables is found here. */
static int tables_pin(struct builder *b, mfn_t l4)
{
    int rc;

    do {
        rc = table_pin(b->d, l4, TYPE_L4);
    } while (rc == -ERESTART);
    if (rc) {
        log_msg(LOG_ERR, "%s: its first page tables were refused (%d)", b->d->name, rc);
        refusals_print(b->d, 4);
    }
    return rc;
}

static int vcpus_make(struct builder *b, unsigned nr, mfn_t l4)
{
    static struct vcpu_guest_context c; /* large; boot is one CPU */
    struct vcpu *v;
    int rc;

    for (unsigned i = 0; i < nr; i++) {
        rc = vcpu_create(b->d, i, &v);
        if (rc) {
            log_msg(LOG_ERR, "%s: cannot make vcpu %u (%d)", b->d->name, i, rc);
            return rc;
        }
    }
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS && b->d->shared_info; i++)
        b->d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;

    memset(&c, 0, sizeof(c));
    c.flags = VGCF_in_kernel | VGCF_online;
    c.user_regs.rip = b->plan.entry;
    c.user_regs.rsp = b->lay.v_stack + BOOT_STACK_SIZE;
    c.user_regs.rsi = b->lay.v_start_info;
    c.user_regs.rflags = 0x200; /* IF */
    c.user_regs.cs = FLAT_KERNEL_CS;
    c.user_regs.ss = FLAT_KERNEL_SS;
    c.kernel_ss = FLAT_KERNEL_SS;
    c.kernel_sp = c.user_regs.rsp; /* for an exception before the first stack_switch */
    c.ctrlreg[3] = l4.n << PAGE_SHIFT;
    do {
        rc = vcpu_set_context(b->d->vcpus[0], &c);
    } while (rc == -ERESTART);
    if (rc)
        log_msg(LOG_ERR, "%s: the entry state of vcpu 0 was refused (%d)", b->d->name, rc);
    return rc;
}

/* ---- in order ---- */

static void plan_report(const struct builder *b, const struct kernel_image *im)
{
    const struct kernel_plan *p = &b->plan;
    const char *name = b->d->name;
    char hc[24] = "none", p2m[24] = "in the image";

    if (p->hypercall_page != PLAN_NONE)
        snprintf(hc, sizeof(hc), "%lx", p->hypercall_page);
    if (p->init_p2m != PLAN_NONE)
        snprintf(p2m, sizeof(p2m), "%lx", p->init_p2m);
    log_msg(LOG_INFO, "%s: kernel %s %s (%s), %zu KiB%s", name, p->guest_os, p->guest_version,
            im->kind, im->size >> 10, p->legacy ? ", old __xen_guest section" : "");
    log_msg(LOG_INFO,
            "%s: notes: base %lx, physical offset %lx, entry %lx, hypercall page %s, p2m %s, "
            "initrd by %s, features %x, required %x",
            name, p->virt_base, p->paddr_offset, p->entry, hc, p2m,
            p->mod_start_pfn ? "frame" : "address", p->features, p->required);
    if (p->bsd_symtab) /* LIMIT: BSD_SYMTAB is not honoured, a BSD kernel runs without its own symbols */
        log_msg(LOG_WARN, "%s: the kernel wants its symbol table loaded, which is not done", name);
}

static void layout_report(const struct builder *b)
{
    const struct dom_layout *l = &b->lay;
    const char *name = b->d->name;

    log_msg(LOG_INFO, "%s: kernel %lx..%lx, start_info %lx, tables %lx (%lu), stack %lx, end %lx",
            name, b->plan.kernel_start, b->plan.kernel_end, l->v_start_info, l->v_tables,
            l->nr_tables, l->v_stack, l->v_end);
    log_msg(LOG_INFO,
            "%s: %lu pages (%lu MiB) in %u runs, initrd pfn %lx (%lu pages%s), p2m %lx pfn %lx "
            "(%lu+%lu pages)",
            name, l->nr_pages, l->nr_pages >> 8, b->nr_runs, l->initrd_pfn, l->initrd_pages,
            l->v_initrd ? ", mapped" : "", l->v_p2m,
            l->p2m_pfn ? l->p2m_pfn : builder_gpa(b, l->v_p2m) >> PAGE_SHIFT, l->p2m_pages,
            l->p2m_tables);
}

/* Frames and contents, except for the tables. */
static int memory_fill(struct builder *b, const struct build_request *r, struct kernel_image *im)
{
    const struct dom_layout *l = &b->lay;
    int rc = builder_alloc(b, l->image_pages);

    if (rc)
        return rc;
    kernel_load(b, im->elf);
    image_close(im);
    if (r->release)
        r->release(r->kernel, r->kernel_size);
    if (l->initrd_pages) {
        rc = builder_alloc(b, max(l->image_pages, l->initrd_pfn + l->initrd_pages));
        if (rc)
            return rc;
        initrd_load(b, r);
        if (r->release)
            r->release(r->initrd, r->initrd_size);
    }
    return builder_alloc(b, l->nr_pages);
}

static int memory_map_set(struct domain *d, uint64_t nr_pages)
{
    if (d->privileged)
        return 0; /* it is shown the machine's */
    d->e820 = xnew(struct e820_map);
    if (!d->e820)
        return -ENOMEM;
    d->e820->count = 1;
    d->e820->e[0] = (struct e820_entry){.size = nr_pages << PAGE_SHIFT, .type = E820_RAM};
    return 0;
}

static int build(struct builder *b, const struct build_request *r, struct kernel_image *im)
{
    mfn_t l4;
    int rc;

    rc = memory_fill(b, r, im);
    if (!rc)
        rc = memory_map_set(b->d, r->nr_pages);
    if (rc) {
        log_msg(LOG_ERR, "%s: cannot build: memory ran out after %lu of %lu KiB (%lu KiB free)",
                b->d->name, b->next_pfn * 4, r->nr_pages * 4, heap_free_frames() * 4);
        return rc;
    }
    layout_report(b);
    builder_write_p2m(b);
    start_info_write(b, r);
    builder_write(b, builder_gpa(b, b->lay.v_stack), NULL, BOOT_STACK_SIZE);
    l4 = builder_write_tables(b);
    rc = tables_pin(b, l4);
    return rc ? rc : vcpus_make(b, r->nr_vcpus, l4);
}

int domain_build(struct domain *d, const struct build_request *r)
{
    struct builder b = {.d = d};
    struct kernel_image im;
    char err[PLAN_ERROR];
    int rc;

    if (!image_open(&im, r->kernel, r->kernel_size, err)) {
        log_msg(LOG_ERR, "%s: cannot use the kernel (%s): %s", d->name, im.kind, err);
        return -EINVAL;
    }
    rc = -EINVAL;
    if (!elf_plan(im.elf, im.size, d->privileged ? PLAN_FIRST_DOMAIN : PLAN_ANY, &b.plan, err)) {
        log_msg(LOG_ERR, "%s: cannot use the kernel (%s): %s", d->name, im.kind, err);
    } else if (plan_report(&b, &im),
               !dom_layout(&b.plan, r->nr_pages, r->initrd_size, 0, &b.lay, err)) {
        log_msg(LOG_ERR, "%s: cannot build: %s", d->name, err);
    } else {
        d->max_pages = max(r->max_pages, r->nr_pages);
        rc = build(&b, r, &im);
    }
    image_close(&im);
    builder_free(&b);
    return rc;
}
