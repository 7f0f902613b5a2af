/* SPDX-License-Identifier: MIT */
/* LINK: boot/elfplan.c boot/elfnotes.c boot/bzimage.c boot/domlayout.c boot/image.c boot/builder.c boot/domain_build.c core/hypercall_page.c boot/dom0.c boot/domload.c boot/cmdline.c core/frame.c core/heap.c core/frame_audit.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c core/tlb.c */
/* Checks [BOOT-2] [BOOT-4]. */
#include "boot/builder.h"
#include "boot/decompress.h"
#include "boot/dom0.h"
#include "boot/domain_build.h"
#include "boot/domload.h"
#include "boot/image.h"
#include "core/e820.h"
#include "core/segdesc.h"
#include "fake_port.h"
#include "tiny_elf.h"
#include "x86/platform.h"
#include <criterion/criterion.h>
#include <stdio.h>

/* ---- what the machine and other rooms would give ---- */

struct platform platform = {
    .lapic_addr = 0xfee00000, .nr_ioapics = 1, .ioapic = {{.addr = 0xfec00000}}};
struct e820_map machine_e820 = {2, {{0, 0x9fc00, E820_RAM}, {0x100000, 0x3f00000, E820_RAM}}};
unsigned nr_cpus = 2;
__attribute__((weak)) cpumask_t cpus_online = 1;
static struct vcpu_guest_context entry;
static unsigned unpauses, destroys;

const char *unpack(enum packing p, const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len,
                   const struct unpack_memory *mem)
{
    (void)p, (void)in, (void)in_len, (void)out, (void)out_len, (void)mem;
    return "not in this test";
}
bool segdesc_page_valid(struct domain *dom, uint64_t *page)
{
    (void)dom, (void)page;
    return true;
}
void unpack_enter(void)
{
}
void unpack_leave(void)
{
}
void domain_unpause(struct domain *d)
{
    (void)d;
    unpauses++;
}
int domain_destroy(struct domain *d)
{
    (void)d;
    destroys++;
    return 0;
}

/* What the real one does of interest here: hold the root table. */
int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
    mfn_t root = MFN(c->ctrlreg[3] >> PAGE_SHIFT);
    int rc = frame_and_type_get(v->domain, root, TYPE_L4, false);

    if (!rc)
        v->cr3_kernel = c->ctrlreg[3];
    entry = *c;
    return rc;
}

static struct tiny_elf t;
static uint8_t initrd[5000];
static struct domain *d;
static struct build_request req;
static unsigned released;

static void count_release(const void *file, size_t size)
{
    (void)file, (void)size;
    released++;
}

/* A kernel of 3 pages at 16 KiB, the last of them zeros; hypercall page: its second one. */
static void kernel_make(bool p2m, bool unmapped_initrd)
{
    tiny_begin(&t);
    tiny_segment(&t, 0x4000, 0x1800, 0x3000, 'K');
    tiny_notes(&t, TINY_BASE + 0x4000);
    tiny_number(&t, XEN_ELFNOTE_HYPERCALL_PAGE, TINY_BASE + 0x5000);
    if (p2m)
        tiny_number(&t, XEN_ELFNOTE_INIT_P2M, 0x8000000000);
    if (unmapped_initrd)
        tiny_number(&t, XEN_ELFNOTE_MOD_START_PFN, 1);
    tiny_write(&t);
}

static void begin(bool privileged)
{
    mfn_t m;

    fake_reset();
    fake_quiet = true;
    memset(directmap + FAKE_HV_FRAMES * PAGE_SIZE, 0xee, 2000 * PAGE_SIZE); /* old data */
    if (domain_create(privileged ? 0 : 3, 2, privileged, &d))
        abort();
    m = heap_alloc(0, 0);
    frame_share(d, m, true);
    d->shared_info_mfn = m;
    d->shared_info = frame_va(m);
    memset(initrd, 'I', sizeof(initrd));
    released = 0;
    req = (struct build_request){.kernel = t.data,
                                 .kernel_size = t.size,
                                 .initrd = initrd,
                                 .initrd_size = sizeof(initrd),
                                 .cmdline = "one two",
                                 .nr_pages = 2500,
                                 .nr_vcpus = 2,
                                 .release = count_release};
}

/* ---- the guest's view, walked independently ---- */

static uint64_t l4_mfn(void)
{
    return entry.ctrlreg[3] >> PAGE_SHIFT;
}

static uint64_t pte_of(uint64_t va)
{
    uint64_t *table = frame_va(MFN(l4_mfn()));

    for (int level = 4;; level--) {
        uint64_t e = table[va >> (12 + 9 * (level - 1)) & 511];

        if (level == 1 || !(e & 1))
            return e;
        table = frame_va(MFN((e & PTE_ADDR) >> 12));
    }
}

static uint8_t *at(uint64_t va)
{
    uint64_t e = pte_of(va);

    cr_assert(e & 1, "%#lx is not mapped", va);
    return (uint8_t *)frame_va(MFN((e & PTE_ADDR) >> 12)) + (va & 0xfff);
}

static struct start_info *info(void)
{
    return (struct start_info *)at(entry.user_regs.rsi);
}

static void check_filled(uint64_t va, uint64_t n, uint8_t byte)
{
    for (uint64_t i = 0; i < n; i++)
        if (*at(va + i) != byte)
            cr_assert(false, "%#lx holds %#x, not %#x", va + i, *at(va + i), byte);
}

/* The list is right, the reverse table agrees, and no frame is there twice. */
static void check_p2m(void)
{
    static uint8_t seen[FAKE_FRAMES];

    memset(seen, 0, sizeof(seen));
    for (uint64_t pfn = 0; pfn < req.nr_pages; pfn++) {
        uint64_t mfn;

        memcpy(&mfn, at(info()->mfn_list + pfn * 8), 8);
        cr_assert_lt(mfn, FAKE_FRAMES);
        cr_assert_eq(m2p[mfn], pfn);
        cr_assert(!seen[mfn]++);
        cr_assert_eq(frame_of(MFN(mfn))->owner, d->id);
    }
}

/* Linear, writable, except for the tables. Returns the end of the mapping. */
static uint64_t check_linear(void)
{
    uint64_t tables = info()->pt_base, end = tables + info()->nr_pt_frames * PAGE_SIZE, va;

    for (va = TINY_BASE; pte_of(va) & 1; va += PAGE_SIZE) {
        uint64_t e = pte_of(va);

        cr_assert_eq(m2p[(e & PTE_ADDR) >> 12], (va - TINY_BASE) >> 12);
        cr_assert_eq(!!(e & PTE_RW), va < tables || va >= end, "%#lx", va);
        cr_assert(e & PTE_US);
    }
    cr_assert_eq(va % (4 << 20), 0);
    cr_assert_geq(va, entry.user_regs.rsp + (512 << 10));
    cr_assert_eq((pte_of(tables) & PTE_ADDR) >> 12, l4_mfn());
    return va;
}

static void check_common(void)
{
    static const uint8_t stub2[] = {0x51, 0x41, 0x53, 0xb8, 2,    0,    0,   0,
                                    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3, 0xcc};
    static const uint8_t stub_iret[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 23,
                                        0,    0,    0,    0x0f, 0x05, 0xcc};

    check_linear();
    check_p2m();
    check_filled(TINY_BASE + 0x4000, 0x1000, 'K');
    check_filled(TINY_BASE + 0x6000, 0x1000, 0);
    cr_assert(memcmp(at(TINY_BASE + 0x5000 + 2 * 32), stub2, sizeof(stub2)) == 0);
    cr_assert(memcmp(at(TINY_BASE + 0x5000 + 23 * 32), stub_iret, sizeof(stub_iret)) == 0);
    check_filled(entry.user_regs.rsp - 0x1000, 0x1000, 0);
    cr_assert_eq(entry.user_regs.rip, TINY_BASE + 0x4000);
    cr_assert_eq(entry.user_regs.cs, 0xe033);
    cr_assert_eq(entry.user_regs.ss, 0xe02b);
    cr_assert_eq(entry.user_regs.rflags, 0x200);
    cr_assert_eq(info()->nr_pages, req.nr_pages);
    cr_assert_eq(info()->shared_info, d->shared_info_mfn.n << 12);
    cr_assert_str_eq((char *)info()->cmd_line, "one two");
    cr_assert_eq(info()->mod_len, sizeof(initrd));
    cr_assert_eq(d->tot_pages, req.nr_pages);
    cr_assert_eq(frame_of(MFN(l4_mfn()))->type & (TYPE_MASK | TYPE_PINNED | TYPE_VALIDATED),
                 TYPE_L4 | TYPE_PINNED | TYPE_VALIDATED);
    cr_assert_eq(released, 2);
    cr_assert_eq(frames_audit(), 0);
}

Test(dom0, first_domain_like_linux_gets_what_the_abi_says)
{
    struct start_info *si;

    kernel_make(true, true);
    begin(true);
    cr_assert_eq(domain_build(d, &req), 0, "%s", fake_log_last);
    check_common();
    si = info();
    cr_assert_str_eq(si->magic, "xen-3.0-x86_64p");
    cr_assert_eq(si->flags, SIF_PRIVILEGED | SIF_INITDOMAIN | SIF_MOD_START_PFN);
    cr_assert_eq(si->mfn_list, 0x8000000000);
    cr_assert_eq(si->store_mfn | si->store_evtchn, 0);
    cr_assert_eq(si->console.dom0.info_off, 1168);
    cr_assert_eq(si->console.dom0.info_size, sizeof(struct dom0_vga_console_info));
    cr_assert_eq(((uint8_t *)si)[1168], XEN_VGATYPE_TEXT_MODE_3);

    /* The initrd's frames come right behind the mapping, then the list and its tables in one piece. */
    cr_assert_eq(si->mod_start, (check_linear() - TINY_BASE) >> 12);
    cr_assert_eq(si->first_p2m_pfn, si->mod_start + 2);
    cr_assert_eq(si->nr_p2m_frames, 5 + 3);
    for (uint64_t pfn = si->first_p2m_pfn; pfn < si->first_p2m_pfn + 8; pfn++) {
        uint64_t mfn;

        memcpy(&mfn, at(si->mfn_list + pfn * 8), 8);
        cr_assert_eq(!!(frame_of(MFN(mfn))->type & TYPE_VALIDATED), 1);
        cr_assert_eq((frame_of(MFN(mfn))->type & TYPE_MASK) == TYPE_WRITABLE,
                     pfn < si->first_p2m_pfn + 5);
    }
    /* The rest of the list's last page is the guest's to write. */
    cr_assert(pte_of(si->mfn_list + 4 * PAGE_SIZE) & PTE_RW);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t mfn;

        memcpy(&mfn, at(si->mfn_list + (si->mod_start + i) * 8), 8);
        cr_assert_eq(*(uint8_t *)frame_va(MFN(mfn)), 'I');
        cr_assert_eq(((uint8_t *)frame_va(MFN(mfn)))[4095], i ? 0 : 'I');
    }
}

Test(dom0, other_domain_with_all_in_its_image_gets_clean_memory)
{
    kernel_make(false, false);
    begin(false);
    cr_assert_eq(domain_build(d, &req), 0, "%s", fake_log_last);
    check_common();
    cr_assert_str_eq(info()->magic, "xen-3.0-x86_64");
    cr_assert_eq(info()->flags, 0);
    cr_assert_eq(info()->first_p2m_pfn | info()->nr_p2m_frames, 0);
    cr_assert_eq(info()->mod_start, TINY_BASE + 0x7000);
    check_filled(TINY_BASE + 0x7000, sizeof(initrd), 'I');
    check_filled(TINY_BASE + 0x7000 + sizeof(initrd), 2 * PAGE_SIZE - sizeof(initrd), 0);
    check_filled(TINY_BASE, 0x4000, 0);
    check_filled(entry.user_regs.rsp, 512 << 10, 0);
    cr_assert_eq(d->e820->count, 1);
    cr_assert_eq(d->e820->e[0].size, req.nr_pages << 12);
}

Test(dom0, memory_in_single_frames_is_good_enough)
{
    static mfn_t held[FAKE_FRAMES];
    unsigned n = 0;

    kernel_make(true, true);
    begin(true);
    while ((held[n] = heap_alloc(0, ALLOC_NOSCRUB)).n != MFN_INVALID.n)
        n++;
    for (unsigned i = 0; i < n; i++)
        if (held[i].n % 2)
            heap_free(held[i], 0);
    cr_assert_eq(domain_build(d, &req), 0, "%s", fake_log_last);
    check_common();
}

Test(dom0, too_little_memory_is_refused_before_anything_is_taken)
{
    uint64_t had;

    kernel_make(true, true);
    begin(true);
    had = heap_free_frames();
    req.nr_pages = 1030;
    cr_assert_eq(domain_build(d, &req), -EINVAL);
    cr_assert_not_null(strstr(fake_log_last, "at least"), "%s", fake_log_last);
    cr_assert_eq(heap_free_frames(), had);
    req.nr_pages = 4;
    cr_assert_eq(domain_build(d, &req), -EINVAL);
    cr_assert_eq(heap_free_frames(), had);
}

Test(dom0, running_out_of_frames_leaves_them_with_the_domain)
{
    uint64_t had;

    kernel_make(true, true);
    begin(true);
    had = heap_free_frames();
    req.nr_pages = had + 1;
    cr_assert_eq(domain_build(d, &req), -ENOMEM);
    cr_assert_eq(d->tot_pages + heap_free_frames(), had);
    cr_assert_eq(frames_audit(), 0);
}

/* ---- the layout alone ---- */

Test(dom0, debians_kernel_lies_where_xen_puts_it)
{
    const struct kernel_plan plan = {.virt_base = 0xffffffff80000000,
                                     .kernel_start = 0xffffffff81000000,
                                     .kernel_end = 0xffffffff84a00000,
                                     .hypercall_page = PLAN_NONE,
                                     .init_p2m = 0x8000000000,
                                     .mod_start_pfn = true};
    struct dom_layout l;
    char err[PLAN_ERROR];

    cr_assert(dom_layout(&plan, 524288, 2300000, 0, &l, err), "%s", err);
    cr_assert_eq(l.v_start_info, 0xffffffff84a00000);
    cr_assert_eq(l.v_tables, 0xffffffff84a01000);
    cr_assert_eq(l.nr_tables, 41);
    cr_assert_eq(l.v_stack, 0xffffffff84a2a000);
    cr_assert_eq(l.v_end, 0xffffffff84c00000);
    cr_assert_eq(l.initrd_pfn, 0x4c00);
    cr_assert_eq(l.p2m_pages, 1024);
    cr_assert_eq(l.p2m_tables, 4);
}

Test(dom0, tables_are_exactly_enough_for_any_size)
{
    struct kernel_plan plan = {.virt_base = 0xffffffff80000000, .init_p2m = PLAN_NONE};
    struct dom_layout l;
    char err[PLAN_ERROR];

    for (uint64_t mib = 1; mib < 900; mib += 7)
        for (unsigned base = 0; base < 2; base++) {
            uint64_t tables = 1, last[4] = {0};

            plan.virt_base = base ? 0xffffffff80000000 : 0x3ff00000;
            plan.kernel_start = plan.virt_base;
            plan.kernel_end = plan.virt_base + (mib << 20) - 123;
            cr_assert(dom_layout(&plan, 1 << 20, mib * 1000, 0, &l, err), "%s", err);
            for (uint64_t va = l.v_start; va < l.v_end; va += PAGE_SIZE)
                for (unsigned level = 1; level < 4; level++)
                    if (va == l.v_start || va >> (12 + 9 * level) != last[level]) {
                        tables++;
                        last[level] = va >> (12 + 9 * level);
                    }
            cr_assert_geq(l.nr_tables, tables);
            cr_assert_leq(l.nr_tables, max(tables, 4ul) + 2); /* one more table can need one more */
            cr_assert_geq(l.v_end - l.v_stack - PAGE_SIZE, 512 << 10);
            cr_assert_lt(l.v_end - l.v_stack - PAGE_SIZE, (4 << 20) + (512 << 10));
            cr_assert_eq(l.v_stack, l.v_tables + l.nr_tables * PAGE_SIZE);
            cr_assert_geq(l.v_p2m, l.v_initrd + mib * 1000);
            cr_assert_geq(l.v_start_info, l.v_p2m + 8 * (1 << 20));
        }
}

Test(dom0, layouts_that_cannot_be_are_refused)
{
    struct kernel_plan plan = {.virt_base = 0xffffffffffc00000,
                               .kernel_start = 0xffffffffffc00000,
                               .kernel_end = 0xffffffffffe00000,
                               .init_p2m = PLAN_NONE};
    struct dom_layout l;
    char err[PLAN_ERROR];

    cr_assert(!dom_layout(&plan, 1 << 20, 0, 0, &l, err));
    plan.kernel_end = 0xfffffffffffff800;
    cr_assert(!dom_layout(&plan, 1 << 20, 0, 0, &l, err));
    plan.virt_base = plan.kernel_start = 0xffff7fffffc00000;
    plan.kernel_end = plan.virt_base + 0x300000;
    cr_assert(!dom_layout(&plan, 1 << 20, 0, 0, &l, err), "into the hypervisor");
    plan.virt_base = plan.kernel_start = 0x8000000000;
    plan.kernel_end = plan.virt_base + 0x300000;
    cr_assert(dom_layout(&plan, 1 << 20, 0, 0, &l, err));
    plan.init_p2m = 0x8040000000; /* the same L4 entry */
    cr_assert(!dom_layout(&plan, 1 << 20, 0, 0, &l, err));
    plan.init_p2m = 0xffff7fffffe00000; /* a list that runs into the hypervisor */
    cr_assert(!dom_layout(&plan, 1 << 20, 0, 0, &l, err));
    cr_assert(!dom_layout(&plan, 1 << 20, ~0ull - 5, 0, &l, err));
}

/* ---- the first domain's share, and modules ---- */

Test(dom0, memory_option_means_what_it_means_to_xen)
{
    struct boot_options o = {0};
    const uint64_t mib = 256;

    cr_assert_eq(dom0_pages(&o, 4096 * mib), 3968 * mib);
    cr_assert_eq(dom0_pages(&o, 160 * mib), 150 * mib);
    o.dom0_mem = 512 << 20;
    cr_assert_eq(dom0_pages(&o, 4096 * mib), 512 * mib);
    cr_assert_eq(dom0_pages(&o, 100 * mib), 100 * mib);
    o.dom0_mem = -(512 << 20);
    cr_assert_eq(dom0_pages(&o, 4096 * mib), 3584 * mib);
    cr_assert_eq(dom0_pages(&o, 100 * mib), 0);
    o.dom0_mem_min = 64 << 20;
    cr_assert_eq(dom0_pages(&o, 100 * mib), 64 * mib);
    o.dom0_mem = 0;
    o.dom0_mem_max = 1 << 30;
    cr_assert_eq(dom0_pages(&o, 4096 * mib), 1024 * mib);
}

Test(dom0, module_line_of_a_domain_is_parsed)
{
    struct domload l;
    const char *bad;

    cr_assert(domload_is_domain("domU:name=a x"));
    cr_assert(!domload_is_domain("console=hvc0 domU:name=a"));
    cr_assert(domload_parse("domU:name=web;mem=64M;vcpus=2;initrd  a=b domU: c", &l, &bad));
    cr_assert_str_eq(l.name, "web");
    cr_assert_eq(l.pages, 16384);
    cr_assert_eq(l.vcpus, 2);
    cr_assert(l.initrd);
    cr_assert_str_eq(l.cmdline, "a=b domU: c");
    cr_assert(domload_parse("domU:", &l, &bad));
    cr_assert_eq(l.pages, 4096);
    cr_assert_str_eq(l.cmdline, "");
    cr_assert(!domload_parse("domU:name=x;mem=lots", &l, &bad));
    cr_assert_str_eq(bad, "mem=lots");
    cr_assert(!domload_parse("domU:colour=red x", &l, &bad));
    cr_assert(!domload_parse("domU:vcpus=0", &l, &bad));
    cr_assert(!domload_parse("domU:vcpus=65", &l, &bad));
}
