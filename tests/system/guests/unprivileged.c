/* SPDX-License-Identifier: MIT */
/*
 * A domain without privileges that asks for everything that is not for it: all operations of domctl, sysctl and platform_op
 * on the first domain, itself and nobody; memory, event channels, grants, page tables and vcpus of other domains; the machine's
 * interrupts, ports and registers. Each must be refused, control operations with EPERM. What is not is named.
 * It runs on Xen as well, which has other errors where an operation is none of a PV domain's.
 */
#define __XEN_TOOLS__ 1
#include "pvguest.h"
#include <xen/arch-x86/xen-mca.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sysctl.h>

#define FIRST 0 /* the domain that has what this one wants */

static bool on_xen;
static unsigned int asked, refused;
static union {
    char bytes[2048];
    uint64_t words[256];
    domid_t domain;
    struct xen_domctl domctl;
    struct xen_sysctl sysctl;
    struct xen_platform_op platform;
    struct xen_mc mca;
} arg;

static void expect(bool is_refused, const char *what, unsigned int cmd, long rc)
{
    asked++;
    if (is_refused)
        refused++;
    else
        printf("unprivileged: %s %u gives %ld\n", what, cmd, rc);
}

static void expect_eperm(const char *what, unsigned int cmd, long rc)
{
    expect(on_xen ? rc < 0 : rc == -XEN_EPERM, what, cmd, rc);
}

static void expect_error(const char *what, unsigned int cmd, long rc) { expect(rc < 0, what, cmd, rc); }
static void clear(void) { memset(&arg, 0, sizeof(arg)); }

static void domctls(domid_t domain)
{
    for (unsigned int cmd = 0; cmd < 1010; cmd++) {
        if (cmd == 100)
            cmd = 999; /* those of gdbsx */
        clear();
        arg.domctl.cmd = cmd;
        arg.domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        arg.domctl.domain = domain;
        expect_eperm("domctl", cmd, hypercall_domctl(&arg.domctl));
    }
}

static void sysctls(void)
{
    for (unsigned int cmd = 0; cmd < 40; cmd++) {
        clear();
        arg.sysctl.cmd = cmd;
        arg.sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        expect_eperm("sysctl", cmd, hypercall_sysctl(&arg.sysctl));
    }
}

static void platform_ops(void)
{
    for (unsigned int cmd = 0; cmd < 70; cmd++) {
        clear();
        arg.platform.cmd = cmd;
        arg.platform.interface_version = XENPF_INTERFACE_VERSION;
        expect_eperm("platform_op", cmd, hypercall_platform_op(&arg.platform));
    }
    for (unsigned int cmd = 1; cmd <= 8; cmd++) {
        clear();
        arg.mca.cmd = cmd;
        arg.mca.interface_version = XEN_MCA_INTERFACE_VERSION;
        expect_eperm("mca", cmd, hypercall_raw(HYPERCALL_NR_mca, (unsigned long)&arg, 0, 0, 0, 0));
    }
}

/* Memory of the first domain: nothing of it is given, taken, exchanged, mapped or told. */
static void memory_ops(void)
{
    static const unsigned char named[] = {XENMEM_current_reservation,  XENMEM_maximum_reservation, XENMEM_maximum_gpfn,
                                          XENMEM_add_to_physmap,       XENMEM_remove_from_physmap, XENMEM_set_pod_target,
                                          XENMEM_get_pod_target,       XENMEM_get_vnumainfo,       XENMEM_set_memory_map,
                                          XENMEM_add_to_physmap_batch};
    static const unsigned char amounts[] = {XENMEM_increase_reservation, XENMEM_decrease_reservation, XENMEM_populate_physmap};
    struct xen_memory_reservation claim = {.nr_extents = 1, .domid = FIRST};
    struct xen_mem_acquire_resource resource = {.domid = FIRST, .type = XENMEM_resource_grant_table};
    struct xen_memory_exchange exchange = {.in = {.nr_extents = 1, .domid = FIRST}, .out = {.nr_extents = 1, .domid = FIRST}};
    xen_pfn_t frame = 0x100;

    set_xen_guest_handle(exchange.in.extent_start, &frame);
    set_xen_guest_handle(exchange.out.extent_start, &frame);
    for (unsigned int i = 0; i < sizeof(named); i++) {
        clear();
        expect_eperm("memory_op", named[i], hypercall_memory_op(named[i], &arg));
    }
    for (unsigned int i = 0; i < sizeof(amounts); i++) { /* these say how many were done */
        struct xen_memory_reservation one = {.nr_extents = 1, .domid = FIRST};
        long rc;

        set_xen_guest_handle(one.extent_start, &frame);
        rc = hypercall_memory_op(amounts[i], &one);
        expect(rc <= 0, "memory_op", amounts[i], rc);
    }
    expect_eperm("memory_op", XENMEM_claim_pages, hypercall_memory_op(XENMEM_claim_pages, &claim));
    expect_eperm("memory_op", XENMEM_machine_memory_map, hypercall_memory_op(XENMEM_machine_memory_map, &arg));
    expect_eperm("memory_op", XENMEM_acquire_resource, hypercall_memory_op(XENMEM_acquire_resource, &resource));
    expect_error("memory_op", XENMEM_exchange, hypercall_memory_op(XENMEM_exchange, &exchange));
    for (unsigned int cmd = 20; cmd <= 22; cmd++) { /* paging, access rights, sharing */
        clear();
        expect_error("memory_op", cmd, hypercall_memory_op(cmd, &arg));
    }
}

/* The machine's interrupts and PCI functions. Left out is what everybody may do for himself. */
static void physdev_ops(void)
{
    static const unsigned char privileged[] = {
        PHYSDEVOP_apic_read,          PHYSDEVOP_apic_write,         PHYSDEVOP_alloc_irq_vector, PHYSDEVOP_manage_pci_add,
        PHYSDEVOP_manage_pci_remove,  PHYSDEVOP_manage_pci_add_ext, PHYSDEVOP_restore_msi,      PHYSDEVOP_restore_msi_ext,
        PHYSDEVOP_pci_mmcfg_reserved, PHYSDEVOP_pci_device_add,     PHYSDEVOP_pci_device_remove, PHYSDEVOP_setup_gsi,
        PHYSDEVOP_prepare_msix,       PHYSDEVOP_release_msix,       PHYSDEVOP_dbgp_op};
    struct physdev_map_pirq map = {.domid = FIRST, .type = MAP_PIRQ_TYPE_GSI, .index = 4, .pirq = 4};
    struct physdev_unmap_pirq unmap = {.domid = FIRST, .pirq = 4};

    for (unsigned int i = 0; i < sizeof(privileged); i++) {
        clear();
        expect_error("physdev_op", privileged[i], hypercall_physdev_op(privileged[i], &arg));
    }
    expect_error("physdev_op", PHYSDEVOP_map_pirq, hypercall_physdev_op(PHYSDEVOP_map_pirq, &map));
    expect_error("physdev_op", PHYSDEVOP_unmap_pirq, hypercall_physdev_op(PHYSDEVOP_unmap_pirq, &unmap));
    map.domid = DOMID_SELF;
    expect_error("physdev_op", PHYSDEVOP_map_pirq, hypercall_physdev_op(PHYSDEVOP_map_pirq, &map));
    map.type = MAP_PIRQ_TYPE_MSI;
    map.pirq = -1;
    expect_error("physdev_op", PHYSDEVOP_map_pirq, hypercall_physdev_op(PHYSDEVOP_map_pirq, &map));
}

static void event_ops(void)
{
    struct evtchn_status status = {.dom = FIRST, .port = 1};
    struct evtchn_alloc_unbound unbound = {.dom = FIRST, .remote_dom = DOMID_SELF};
    struct evtchn_reset reset = {.dom = FIRST};
    struct evtchn_bind_pirq pirq = {.pirq = 4};
    struct evtchn_bind_interdomain bind = {.remote_dom = FIRST, .remote_port = 1};

    expect_error("event_channel_op", EVTCHNOP_status, hypercall_event_channel_op(EVTCHNOP_status, &status));
    expect_error("event_channel_op", EVTCHNOP_alloc_unbound, hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &unbound));
    expect_error("event_channel_op", EVTCHNOP_reset, hypercall_event_channel_op(EVTCHNOP_reset, &reset));
    expect_error("event_channel_op", EVTCHNOP_bind_pirq, hypercall_event_channel_op(EVTCHNOP_bind_pirq, &pirq));
    expect_error("event_channel_op", EVTCHNOP_bind_interdomain, hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind));
}

static void grant_ops(void)
{
    xen_pfn_t frame;
    struct gnttab_setup_table setup = {.dom = FIRST, .nr_frames = 1};
    struct gnttab_query_size size = {.dom = FIRST};
    struct gnttab_map_grant_ref map = {.dom = FIRST, .ref = 8, .flags = GNTMAP_host_map};
    struct gnttab_copy copy = {.source = {.domid = FIRST, .u.ref = 8}, .dest = {.domid = DOMID_SELF}, .len = 8,
                               .flags = GNTCOPY_source_gref};
    struct gnttab_copy raw = {.source = {.domid = FIRST, .u.gmfn = 0x100}, .dest = {.domid = DOMID_SELF}, .len = 8};

    set_xen_guest_handle(setup.frame_list, &frame);
    map.host_addr = (unsigned long)va_alloc(1);
    copy.dest.u.gmfn = raw.dest.u.gmfn = pfn_to_mfn(0);
    expect(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1) || setup.status < 0, "setup_table", 0, setup.status);
    expect(hypercall_grant_table_op(GNTTABOP_query_size, &size, 1) || size.status < 0, "query_size", 0, size.status);
    expect(hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1) || map.status < 0, "map_grant_ref", 0, map.status);
    expect(hypercall_grant_table_op(GNTTABOP_copy, &copy, 1) || copy.status < 0, "copy", 0, copy.status);
    expect(hypercall_grant_table_op(GNTTABOP_copy, &raw, 1) || raw.status < 0, "copy", 1, raw.status);
}

/* Tables and frames in the name of the first domain, of nobody and of the hypervisor. */
static void page_tables(void)
{
    static const domid_t owners[] = {FIRST, DOMID_IO, DOMID_XEN};
    unsigned long va = (unsigned long)va_alloc(1);

    for (unsigned int i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
        mmu_update_t update = {.ptr = pte_maddr((void *)va), .val = pte_make(i ? 0xfec00 : 0x100, PROT_RW)};
        struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = 0x100};
        struct mmuext_op flush = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};

        expect_error("mmu_update", owners[i], hypercall_mmu_update(&update, 1, NULL, owners[i]));
        expect_error("update_va_mapping", owners[i], hypercall_update_va_mapping_otherdomain(va, update.val, 0, owners[i]));
        expect_error("mmuext_op", owners[i], hypercall_mmuext_op(&pin, 1, NULL, owners[i]));
        if (owners[i] == FIRST)
            expect_eperm("mmuext_op", 100, hypercall_mmuext_op(&flush, 1, NULL, owners[i]));
    }
    for (unsigned long mfn = 0x80; mfn < 0x100; mfn += 16) { /* the BIOS, and what lies below 1 MiB */
        mmu_update_t update = {.ptr = pte_maddr((void *)va), .val = pte_make(mfn, PROT_RW)};

        expect_error("mmu_update", (unsigned int)mfn, hypercall_mmu_update(&update, 1, NULL, DOMID_SELF));
    }
}

static void others(void)
{
    static const unsigned char absent[] = {HYPERCALL_NR_xsm_op, HYPERCALL_NR_kexec_op};
    struct sched_remote_shutdown shutdown = {.domain_id = FIRST, .reason = SHUTDOWN_crash};

    clear();
    expect_error("console_io", CONSOLEIO_read, hypercall_console_io(CONSOLEIO_read, 16, arg.bytes));
    expect_eperm("sched_op", SCHEDOP_remote_shutdown, hypercall_sched_op(SCHEDOP_remote_shutdown, &shutdown));
    for (unsigned int i = 0; i < sizeof(absent); i++) {
        clear();
        expect_error("hypercall", absent[i], hypercall_raw(absent[i], 0, (unsigned long)&arg, 0, 0, 0));
    }
    clear();
    expect_error("philoxen_op", 1, hypercall_raw(50, 1, (unsigned long)&arg, 0, 0, 0));
}

/* The keyboard controller resets a PC, port 0xcf9 too, and these registers belong to the hypervisor. */
static void instructions(void)
{
    uint32_t low = 0, high = 0;

    TRY_ASM("outb %%al, %%dx", : : "a"(0xfe), "d"(0x64));
    TRY_ASM("outb %%al, %%dx", : : "a"(6), "d"(0xcf9));
    TRY_ASM("outl %%eax, %%dx", : : "a"(0x80000000), "d"(0xcf8));
    TRY_ASM("rdmsr", : "=a"(low), "=d"(high) : "c"(0xc0000080));
    TRY_ASM("wrmsr", : : "a"(low & ~0x100u), "d"(high), "c"(0xc0000080)); /* EFER without long mode */
    TRY_ASM("wrmsr", : : "a"(0), "d"(0), "c"(0xc0000082));                /* where syscall goes */
    TRY_ASM("wrmsr", : : "a"(0), "d"(0), "c"(0x1b));                      /* the local APIC off */
    asked++;
    refused++; /* it goes on */
}

/* Only its own reservation is told. */
static domid_t own_number(void)
{
    for (domid_t id = 1; id < 1000; id++)
        if (hypercall_memory_op(XENMEM_current_reservation, &id) > 0)
            return id;
    return FIRST;
}

int main(void)
{
    xen_extraversion_t extra = "";

    hypercall_xen_version(XENVER_extraversion, extra);
    on_xen = !strstr(extra, "philoxen");
    domctls(FIRST);
    domctls(own_number());
    sysctls();
    platform_ops();
    memory_ops();
    physdev_ops();
    event_ops();
    grant_ops();
    page_tables();
    others();
    instructions();
    printf("unprivileged: %u asked, %u refused\n", asked, refused);
    console_flush();
    return 0;
}
