/* SPDX-License-Identifier: MIT */
/* From the boot loader to the first domain: the table of contents of the hypervisor. */
#include "boot/acpi.h"
#include "boot/cmdline.h"
#include "boot/e820.h"
#include "boot/early_trap.h"
#include "boot/multiboot.h"
#include "core/cpuid.h"
#include "core/domain.h"
#include "core/sched.h"
#include "hypercall/hypercall.h"
#include "x86/apic.h"
#include "x86/console.h"
#include "x86/image.h"
#include "x86/insn.h"
#include "x86/irq.h"
#include "x86/paging.h"
#include "x86/platform.h"
#include "x86/power.h"
#include "x86/smp.h"
#include "x86/trap.h"
#include "x86/tsc.h"

#define WINDOW (4ull << 30) /* what boot/head.S maps, and where multiboot loaders put things */

static struct boot_info info;
static struct e820_map free_ram;
extern uint8_t image_start[], image_end[];

static void boot_params_read(uint32_t magic, uint32_t at)
{
    const struct boot_window w = {.base = directmap, .size = WINDOW};
    int rc = multiboot_parse(&w, magic, at, &info);

    cmdline_parse(&opt, info.cmdline ? info.cmdline : "");
    power_noreboot = opt.noreboot;
    console_init(&opt.console);
    log_msg(LOG_INFO, "Philoxen, paravirtual hypervisor with Xen 4.17's 64-bit PV interface");
    if (rc)
        panic("the boot loader's information cannot be used (magic %#x)", magic);
    log_msg(LOG_INFO, "Loader: %s", *info.loader ? info.loader : "(unnamed)");
    log_msg(LOG_INFO, "Command line: %s", info.cmdline);
    philoxen_cmdline = info.cmdline;
    for (unsigned i = 0; i < opt.reports; i++)
        log_msg(LOG_WARN, "Command line: %s %s%s%s",
                opt.report[i].bad_value ? "bad value for" : "unknown option", opt.report[i].name,
                opt.report[i].nearest ? "; nearest is " : "",
                opt.report[i].nearest ? opt.report[i].nearest : "");
}

static void memory_map_read(void)
{
    const struct boot_modules *m = &info.modules;

    machine_e820 = info.e820;
    e820_normalise(&machine_e820);
    /* What the CPU itself answers at is no RAM, whatever the firmware forgot to say. */
    e820_set(&machine_e820, 0xfec00000, 0xfec01000, E820_RESERVED, false);
    e820_set(&machine_e820, 0xfee00000, 0xfef00000, E820_RESERVED, false);
    for (unsigned i = 0; i < machine_e820.count; i++) {
        const struct e820_entry *e = &machine_e820.e[i];

        log_msg(LOG_INFO, "Memory: %016lx-%016lx %s", e->addr, e->addr + e->size - 1,
                e820_type_name(e->type));
    }

    free_ram = machine_e820;
    e820_set(&free_ram, 0, 1 << 20, E820_RESERVED, true);
    e820_set(&free_ram, LOAD_PHYS, LOAD_PHYS + (uint64_t)(image_end - image_start), E820_RESERVED,
             true);
    for (unsigned i = 0; i < m->count; i++) {
        log_msg(LOG_INFO, "Module %u: %lx-%lx (%lu KiB) %s", i, m->mod[i].start, m->mod[i].end,
                (m->mod[i].end - m->mod[i].start) >> 10, m->mod[i].cmdline);
        e820_set(&free_ram, m->mod[i].start & PAGE_MASK, ROUND_UP(m->mod[i].end, PAGE_SIZE),
                 E820_RESERVED, true);
    }
}

static void memory_init(void)
{
    paging_init(&machine_e820, &free_ram);
    heap_init();
    paging_fill_heap(&machine_e820, &free_ram);
    log_msg(LOG_INFO, "Memory: %lu MiB RAM, %lu MiB free, %lu KiB taken by image and tables",
            e820_bytes(&machine_e820, E820_RAM) >> 20, heap_free_frames() >> 8,
            paging_overhead >> 10);
}

_Noreturn void boot_main(uint32_t magic, uint32_t at);
_Noreturn void boot_main(uint32_t magic, uint32_t at)
{
    uint64_t start = rdtsc();

    smp_init_boot_cpu();
    early_trap_init();
    boot_params_read(magic, at);
    memory_map_read();
    cpu_init_control();
    memory_init();
    console_ring_grow();
    trap_init_cpu(&cpus[0]);
    cpuid_init();
    acpi_init(&info);
    platform.phys_bits = cpuid_count(0x80000008, 0).a & 0xff;
    apic_init();
    apic_init_cpu();
    tsc_init();
    irq_init();
    sched_init(opt.sched);
    domain_system_init();
    sched_cpu_up(0);
    smp_start_others(opt.maxcpus);
    log_msg(LOG_DEBUG, "Started in %lu thousand ticks", (rdtsc() - start) / 1000);
    if (opt.debug_panic)
        panic("asked for by debug-panic");
    if (!info.modules.count)
        log_msg(LOG_ERR, "No domain to run: the boot loader gave no module");
    else if (dom0_build(&info.modules))
        panic("the first domain could not be built");
    console_start();
    idle_enter();
}
