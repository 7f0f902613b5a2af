/* SPDX-License-Identifier: MIT */
#include "boot/dom0.h"
#include "boot/domain_build.h"
#include "boot/domload.h"
#include "boot/multiboot.h"
#include "core/e820.h"
#include "core/log.h"
#include "core/mmio.h"
#include "lib/errno.h"
#include "x86/cpu.h"
#include "x86/platform.h"

#define RESERVE_MAX ((128ul << 20) >> PAGE_SHIFT)

static uint64_t pages_of(int64_t bytes, uint64_t avail)
{
    uint64_t pages = (uint64_t)(bytes < 0 ? -bytes : bytes) >> PAGE_SHIFT;

    if (bytes >= 0)
        return pages;
    return pages < avail ? avail - pages : 0;
}

uint64_t dom0_pages(const struct boot_options *o, uint64_t avail)
{
    uint64_t nr = o->dom0_mem ? pages_of(o->dom0_mem, avail) : avail - min(avail / 16, RESERVE_MAX);

    if (o->dom0_mem_min)
        nr = max(nr, pages_of(o->dom0_mem_min, avail));
    if (o->dom0_mem_max)
        nr = min(nr, pages_of(o->dom0_mem_max, avail));
    return min(nr, avail);
}

/* ---- what it may touch ---- */

/* Ports that stay with the hypervisor, because it uses the device or must see every access. */
static const struct {
    uint16_t first, last;
} ports_kept[] = {
    {0x20, 0x21},   {0xa0, 0xa1},
    {0x4d0, 0x4d1},               /* interrupt controllers and their trigger modes */
    {0x40, 0x43},   {0x61, 0x61}, /* timer and its gate */
    {0xcf8, 0xcff},               /* PCI configuration */
};

static int ports_grant(struct domain *d)
{
    int rc = rangeset_add(d->ioports, 0, 0xffff);

    for (unsigned i = 0; i < ARRAY_SIZE(ports_kept) && !rc; i++)
        rc = rangeset_remove(d->ioports, ports_kept[i].first, ports_kept[i].last);
    if (!rc && opt.console.com1)
        rc = rangeset_remove(d->ioports, opt.console.com1_port, opt.console.com1_port + 7u);
    return rc;
}

/* Every frame that is not RAM, which is reached by owning it; the local APICs not at all, the I/O APICs read-only. */
static int iomem_grant(struct domain *d)
{
    /* An address bit the CPU does not have is a reserved bit of an entry, and would fault. */
    unsigned bits = platform.phys_bits ? platform.phys_bits : 36;
    int rc = rangeset_add(d->iomem, 0, BIT(bits - PAGE_SHIFT) - 1);

    for (unsigned i = 0; i < machine_e820.count && !rc; i++) {
        const struct e820_entry *e = &machine_e820.e[i];
        uint64_t first = DIV_ROUND_UP(e->addr, PAGE_SIZE), end = (e->addr + e->size) >> PAGE_SHIFT;

        if (e->type == E820_RAM && first < end)
            rc = rangeset_remove(d->iomem, first, end - 1);
    }
    if (!rc)
        rc = rangeset_remove(d->iomem, 0xfee00, 0xfeeff); /* writes there are interrupt messages */
    if (!rc && platform.lapic_addr)
        rc = rangeset_remove(d->iomem, platform.lapic_addr >> PAGE_SHIFT,
                             platform.lapic_addr >> PAGE_SHIFT);
    for (unsigned i = 0; i < platform.nr_ioapics && !rc; i++)
        rc = mmio_readonly_add(platform.ioapic[i].addr >> PAGE_SHIFT, platform.ioapic[i].addr >> PAGE_SHIFT);
    return rc;
}

/* ---- its files ---- */

static const void *module_data(const struct boot_module *m)
{
    return directmap + m->start;
}

/* Pages that lie in the file alone. */
static uint64_t file_frames(const void *file, size_t size, mfn_t *first)
{
    uint64_t start = (uint64_t)((const uint8_t *)file - directmap);
    uint64_t end = (start + size) >> PAGE_SHIFT;

    first->n = DIV_ROUND_UP(start, PAGE_SIZE);
    return first->n < end ? end - first->n : 0;
}

static void file_release(const void *file, size_t size)
{
    mfn_t first;
    uint64_t nr = file_frames(file, size, &first);

    if (nr)
        heap_add(first, nr);
}

static void dom0_request(const struct boot_modules *m, struct build_request *r)
{
    uint64_t avail = heap_free_frames();
    mfn_t first;

    *r = (struct build_request){
        .kernel = module_data(&m->mod[0]),
        .kernel_size = m->mod[0].end - m->mod[0].start,
        .cmdline = m->mod[0].cmdline,
        .nr_vcpus = opt.dom0_max_vcpus ? opt.dom0_max_vcpus : nr_cpus,
        .release = file_release,
    };
    avail += file_frames(r->kernel, r->kernel_size, &first);
    if (m->count > 1 && !domload_is_domain(m->mod[1].cmdline)) {
        r->initrd = module_data(&m->mod[1]);
        r->initrd_size = m->mod[1].end - m->mod[1].start;
        avail += file_frames(r->initrd, r->initrd_size, &first);
    }
    r->nr_pages = dom0_pages(&opt, avail);
    r->max_pages = opt.dom0_mem_max ? pages_of(opt.dom0_mem_max, avail) : UINT32_MAX;
    if (opt.dom0_mem > 0 && r->nr_pages < (uint64_t)opt.dom0_mem >> PAGE_SHIFT)
        log_msg(LOG_WARN, "dom0_mem: %lu MiB instead of %lu: that is what there is",
                r->nr_pages >> 8, (uint64_t)opt.dom0_mem >> 20);
}

int dom0_build(const struct boot_modules *m)
{
    struct build_request r;
    struct domain *d;
    int rc;

    if (!m->count) {
        log_msg(LOG_ERR,
                "d0: the boot loader brought no module: give it the first domain's kernel");
        return -ENOENT;
    }
    dom0_request(m, &r);
    rc = domain_create(0, r.nr_vcpus, true, &d);
    if (rc) {
        log_msg(LOG_ERR, "d0: cannot be created (%d)", rc);
        return rc;
    }
    rc = ports_grant(d);
    if (!rc)
        rc = iomem_grant(d);
    if (!rc)
        rc = domain_build(d, &r);
    if (rc) {
        log_msg(LOG_ERR, "d0: not built (%d)", rc);
        return rc;
    }
    domload_build(m, r.initrd ? 2 : 1);
    domain_unpause(d);
    return 0;
}
