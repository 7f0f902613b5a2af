/* SPDX-License-Identifier: MIT */
/*
 * physdev_op(cmd, pointer): I/O privilege of a vcpu, and physical interrupts and PCI functions for the control
 * domain. Each operation's structure comes in once, is checked, acted on, and goes out if it has an answer.
 */
#include "core/ioport.h"
#include "core/irq_port.h"
#include "core/pirq.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include <xen/physdev.h>

#define MSI_MAX 32 /* messages of one MSI capability */
#define PCI_BDF_OF(bus, devfn) (((bus)&0xff) << 8 | ((devfn)&0xff))

/* What is read of each structure; 0: there is no such operation. */
static const uint8_t arg_bytes[] = {
    [PHYSDEVOP_irq_status_query] = sizeof(struct physdev_irq_status_query),
    [PHYSDEVOP_set_iopl] = sizeof(struct physdev_set_iopl),
    [PHYSDEVOP_set_iobitmap] = sizeof(struct physdev_set_iobitmap),
    [PHYSDEVOP_apic_read] = sizeof(struct physdev_apic),
    [PHYSDEVOP_apic_write] = sizeof(struct physdev_apic),
    [PHYSDEVOP_alloc_irq_vector] = sizeof(struct physdev_irq),
    [PHYSDEVOP_eoi] = sizeof(struct physdev_eoi),
    [PHYSDEVOP_map_pirq] = sizeof(struct physdev_map_pirq),
    [PHYSDEVOP_unmap_pirq] = sizeof(struct physdev_unmap_pirq),
    [PHYSDEVOP_manage_pci_add] = sizeof(struct physdev_manage_pci),
    [PHYSDEVOP_manage_pci_remove] = sizeof(struct physdev_manage_pci),
    [PHYSDEVOP_pirq_eoi_gmfn_v1] = sizeof(struct physdev_pirq_eoi_gmfn),
    [PHYSDEVOP_restore_msi] = sizeof(struct physdev_restore_msi),
    [PHYSDEVOP_manage_pci_add_ext] = sizeof(struct physdev_manage_pci_ext),
    [PHYSDEVOP_setup_gsi] = sizeof(struct physdev_setup_gsi),
    [PHYSDEVOP_get_free_pirq] = sizeof(struct physdev_get_free_pirq),
    [PHYSDEVOP_pci_mmcfg_reserved] = sizeof(struct physdev_pci_mmcfg_reserved),
    [PHYSDEVOP_pci_device_add] = sizeof(struct physdev_pci_device_add),
    [PHYSDEVOP_pci_device_remove] = sizeof(struct physdev_pci_device),
    [PHYSDEVOP_restore_msi_ext] = sizeof(struct physdev_pci_device),
    [PHYSDEVOP_pirq_eoi_gmfn_v2] = sizeof(struct physdev_pirq_eoi_gmfn),
    [PHYSDEVOP_dbgp_op] = sizeof(struct physdev_dbgp_op),
    [PHYSDEVOP_prepare_msix] = sizeof(struct physdev_pci_device),
    [PHYSDEVOP_release_msix] = sizeof(struct physdev_pci_device),
};

union physdev_arg {
    struct physdev_eoi eoi;
    struct physdev_irq_status_query status;
    struct physdev_set_iopl iopl;
    struct physdev_set_iobitmap bitmap;
    struct physdev_apic apic;
    struct physdev_irq irq;
    struct physdev_map_pirq map;
    struct physdev_unmap_pirq unmap;
    struct physdev_manage_pci pci_old;
    struct physdev_manage_pci_ext pci_ext;
    struct physdev_restore_msi restore;
    struct physdev_setup_gsi gsi;
    struct physdev_get_free_pirq free;
    struct physdev_pci_mmcfg_reserved mmcfg;
    struct physdev_pci_device_add pci_add;
    struct physdev_pci_device pci;
    struct physdev_pirq_eoi_gmfn gmfn;
    struct physdev_dbgp_op dbgp;
};

static int privileged(const struct vcpu *v)
{
    return likely(v->domain->privileged) ? 0 : refuse(v->domain, EPERM, NOT_PRIVILEGED, 0, 0, 0);
}

/* ---- lines ---- */

static long op_status(struct vcpu *v, struct physdev_irq_status_query *a, gva_t out)
{
    int shared = pirq_shared(v->domain, a->irq);

    if (shared < 0)
        return shared;
    /* Also of edges: who wants to know better has the map of EOIs. */
    a->flags = XENIRQSTAT_needs_eoi | (shared ? XENIRQSTAT_shared : 0);
    return door_out_obj(v, out, *a);
}

static long op_apic(struct vcpu *v, struct physdev_apic *a, bool write, gva_t out)
{
    int rc = write ? port_ioapic_write(a->apic_physbase, a->reg, a->value)
                   : port_ioapic_read(a->apic_physbase, a->reg, &a->value);

    if (!write && door_out_obj(v, out, *a))
        return -EFAULT;
    return rc ? refuse(v->domain, -rc, IOAPIC_BAD, a->apic_physbase, a->reg, 0) : 0;
}

/* Vectors are the hypervisor's: the guest gets its own number back. */
static long op_vector(struct vcpu *v, struct physdev_irq *a, gva_t out)
{
    a->vector = a->irq;
    return door_out_obj(v, out, *a);
}

static long op_setup_gsi(struct vcpu *v, const struct physdev_setup_gsi *a)
{
    int rc;

    if (a->gsi < 0 || (unsigned)a->gsi >= port_nr_gsis())
        return refuse(v->domain, EINVAL, GSI_BAD, a->gsi, 0, 0);
    rc = privileged(v);
    if (!rc)
        rc = port_gsi_setup((unsigned)a->gsi, a->triggering, a->polarity);
    if (rc == -EEXIST)
        return refuse(v->domain, EEXIST, GSI_SET, a->gsi, 0, 0);
    return rc;
}

/* ---- mapping ---- */

static int map_gsi(struct domain *caller, struct domain *d, struct physdev_map_pirq *a)
{
    struct irq *irq = a->index > 0 ? port_gsi_irq((unsigned)a->index) : NULL;
    int pirq;

    /* Line 0 is nobody's: the timer's, once. */
    if (!irq)
        return refuse(caller, a->index ? EINVAL : EPERM, GSI_BAD, a->index, 0, 0);
    pirq = pirq_map(d, a->pirq, irq, true);
    if (pirq >= 0)
        a->pirq = pirq;
    return min(pirq, 0);
}

static int map_message(struct domain *caller, struct domain *d, struct physdev_map_pirq *a,
                       unsigned seg)
{
    struct msi_request r = {.seg = (uint16_t)seg,
                            .bus = (uint8_t)a->bus,
                            .devfn = (uint8_t)a->devfn,
                            .msix = a->table_base != 0,
                            .entry = (unsigned)a->entry_nr};
    struct irq *irq;
    int rc;

    if (a->pirq >= 0 && (unsigned)a->pirq >= nr_pirqs)
        return refuse(caller, EINVAL, EVTCHN_BAD_PIRQ, a->pirq, 0, 0);
    /* LIMIT: only for the control domain itself: a function cannot be given to another one. */
    rc = d == caller ? port_msi_setup(&r, &irq) : -ENODEV;
    if (rc == -ENODEV)
        return refuse(caller, ENODEV, PCI_NONE, seg, PCI_BDF_OF(a->bus, a->devfn), 0);
    if (rc)
        return refuse(caller, -rc, MSI_ENTRY, PCI_BDF_OF(a->bus, a->devfn), a->entry_nr, -rc);
    rc = pirq_map(d, a->pirq, irq, false);
    if (rc < 0) {
        irq->chip->release(irq);
        return rc;
    }
    a->pirq = rc;
    return 0;
}

static int map_messages(struct domain *caller, struct domain *d, struct physdev_map_pirq *a)
{
    if (a->pirq < 0 && (a->entry_nr <= 0 || a->entry_nr > MSI_MAX))
        return refuse(caller, EDOM, MAP_TYPE, a->type, a->entry_nr, 0);
    if (a->entry_nr != 1) /* without interrupt remapping, as Xen */
        return refuse(caller, EOPNOTSUPP, MAP_TYPE, a->type, a->entry_nr, 0);
    return map_message(caller, d, a, (unsigned)a->bus >> 16);
}

static int map_type(struct domain *caller, struct domain *d, struct physdev_map_pirq *a)
{
    switch (a->type) {
    case MAP_PIRQ_TYPE_GSI: return map_gsi(caller, d, a);
    case MAP_PIRQ_TYPE_MSI: return map_message(caller, d, a, 0);
    case MAP_PIRQ_TYPE_MSI_SEG: return map_message(caller, d, a, (unsigned)a->bus >> 16);
    case MAP_PIRQ_TYPE_MULTI_MSI: return map_messages(caller, d, a);
    default: return refuse(caller, EINVAL, MAP_TYPE, a->type, 0, 0);
    }
}

static long op_map(struct vcpu *v, struct physdev_map_pirq *a, gva_t out)
{
    struct domain *d;
    int rc;

    if (a->type == MAP_PIRQ_TYPE_MULTI_MSI && a->table_base)
        return refuse(v->domain, EINVAL, MAP_TYPE, a->type, a->entry_nr, 0);
    d = domain_find_any(a->domid);
    if (!d)
        return refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, a->domid, 0, 0);
    rc = privileged(v);
    if (!rc)
        rc = d->is_system ? refuse(v->domain, EINVAL, NO_SUCH_DOMAIN, a->domid, 0, 0)
                          : map_type(v->domain, d, a);
    domain_put(d);
    /* Also after an error; a number that cannot be told stays the guest's loss. */
    return door_out_obj(v, out, *a) ? -EFAULT : rc;
}

static long op_unmap(struct vcpu *v, const struct physdev_unmap_pirq *a)
{
    struct domain *d = domain_find_any(a->domid);
    int rc;

    if (!d)
        return refuse(v->domain, ESRCH, NO_SUCH_DOMAIN, a->domid, 0, 0);
    rc = privileged(v);
    if (!rc)
        rc = pirq_unmap(d, a->pirq);
    domain_put(d);
    return rc;
}

static long op_free(struct vcpu *v, struct physdev_get_free_pirq *a, gva_t out)
{
    int pirq = pirq_get_free(v->domain, a->type == MAP_PIRQ_TYPE_GSI);

    if (pirq < 0)
        return pirq;
    a->pirq = (uint32_t)pirq;
    return door_out_obj(v, out, *a);
}

/* ---- PCI functions ---- */

static long pci_result(struct vcpu *v, int rc, uint16_t seg, unsigned bus, unsigned devfn)
{
    return rc ? refuse(v->domain, -rc, PCI_NONE, seg, PCI_BDF_OF(bus, devfn), v->hc_sub) : 0;
}

static long op_pci(struct vcpu *v, uint32_t cmd, const union physdev_arg *a)
{
    const struct physdev_pci_device *p = &a->pci;
    int rc = privileged(v);

    if (rc)
        return rc;
    switch (cmd) {
    case PHYSDEVOP_manage_pci_add: return port_pci_add(0, a->pci_old.bus, a->pci_old.devfn);
    case PHYSDEVOP_manage_pci_add_ext:
        if (a->pci_ext.is_extfn > 1 || a->pci_ext.is_virtfn > 1)
            return refuse(v->domain, EINVAL, PCI_NONE, 0,
                          PCI_BDF_OF(a->pci_ext.bus, a->pci_ext.devfn), cmd);
        return port_pci_add(0, a->pci_ext.bus, a->pci_ext.devfn);
    case PHYSDEVOP_pci_device_add:
        return port_pci_add(a->pci_add.seg, a->pci_add.bus, a->pci_add.devfn);
    case PHYSDEVOP_manage_pci_remove:
        return pci_result(v, port_pci_remove(0, a->pci_old.bus, a->pci_old.devfn), 0,
                          a->pci_old.bus, a->pci_old.devfn);
    case PHYSDEVOP_restore_msi:
        return pci_result(v, port_msi_restore(0, a->restore.bus, a->restore.devfn), 0,
                          a->restore.bus, a->restore.devfn);
    case PHYSDEVOP_pci_device_remove: rc = port_pci_remove(p->seg, p->bus, p->devfn); break;
    case PHYSDEVOP_restore_msi_ext: rc = port_msi_restore(p->seg, p->bus, p->devfn); break;
    default: rc = port_msix_prepare(p->seg, p->bus, p->devfn, cmd == PHYSDEVOP_release_msix); break;
    }
    return pci_result(v, rc, p->seg, p->bus, p->devfn);
}

static long op_mmcfg(struct vcpu *v, const struct physdev_pci_mmcfg_reserved *a)
{
    int rc = port_mmcfg_reserved(a->address, a->segment, a->start_bus, a->end_bus, a->flags);

    return rc ? refuse(v->domain, -rc, PCI_NONE, a->segment, a->address,
                       PHYSDEVOP_pci_mmcfg_reserved)
              : 0;
}

/* ---- all of them ---- */

static long dispatch(struct vcpu *v, uint32_t cmd, union physdev_arg *a, gva_t arg)
{
    switch (cmd) {
    case PHYSDEVOP_eoi: return pirq_eoi(v->domain, a->eoi.irq);
    case PHYSDEVOP_irq_status_query: return op_status(v, &a->status, arg);
    case PHYSDEVOP_set_iopl: return ioport_set_iopl(v, a->iopl.iopl);
    case PHYSDEVOP_set_iobitmap:
        return ioport_set_bitmap(v, door_handle(a->bitmap.bitmap), a->bitmap.nr_ports);
    case PHYSDEVOP_map_pirq: return op_map(v, &a->map, arg);
    case PHYSDEVOP_unmap_pirq: return op_unmap(v, &a->unmap);
    case PHYSDEVOP_setup_gsi: return op_setup_gsi(v, &a->gsi);
    case PHYSDEVOP_get_free_pirq: return op_free(v, &a->free, arg);
    case PHYSDEVOP_pirq_eoi_gmfn_v1:
    case PHYSDEVOP_pirq_eoi_gmfn_v2:
        return pirq_eoi_map_set(v->domain, MFN(a->gmfn.gmfn), cmd == PHYSDEVOP_pirq_eoi_gmfn_v1);
    }
    if (privileged(v))
        return -EPERM;
    switch (cmd) {
    case PHYSDEVOP_apic_read:
    case PHYSDEVOP_apic_write: return op_apic(v, &a->apic, cmd == PHYSDEVOP_apic_write, arg);
    case PHYSDEVOP_alloc_irq_vector: return op_vector(v, &a->irq, arg);
    case PHYSDEVOP_pci_mmcfg_reserved: return op_mmcfg(v, &a->mmcfg);
    case PHYSDEVOP_dbgp_op: return 0; /* the hypervisor has no USB debug port to lose */
    default: return op_pci(v, cmd, a);
    }
}

long hc_physdev_op(struct vcpu *v, uint64_t cmd, uint64_t arg, uint64_t a3, uint64_t a4,
                   uint64_t a5)
{
    size_t n = (uint32_t)cmd < sizeof(arg_bytes) ? arg_bytes[(uint32_t)cmd] : 0;
    union physdev_arg a;

    (void)a3, (void)a4, (void)a5;
    v->hc_sub = (uint32_t)cmd;
    if (!n)
        return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, cmd, 0, 0);
    return door_in(v, &a, arg, n) ? -EFAULT : dispatch(v, (uint32_t)cmd, &a, arg);
}
