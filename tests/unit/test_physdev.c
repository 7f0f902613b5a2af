/* SPDX-License-Identifier: MIT */
/* LINK: core/pirq.c core/irq.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c hypercall/physdev.c hypercall/door.c */
/* physdev_op's refusals of domains that are not the control domain, and of messages. */
#include "core/evtchn.h"
#include "core/ioport.h"
#include "core/pirq.h"
#include "fake_irq_port.h"
#include "fake_port.h"
#include "hypercall/hypercall.h"
#include <criterion/criterion.h>
#include <xen/physdev.h>

static struct domain *d0, *d1;

/* ---- the rest of the machine, which these tests do not reach ---- */

static int setup_rc;

int ioport_set_iopl(struct vcpu *v, unsigned iopl)
{
    (void)v, (void)iopl;
    return 0;
}
int ioport_set_bitmap(struct vcpu *v, gva_t bitmap, unsigned nr)
{
    (void)v, (void)bitmap, (void)nr;
    return 0;
}
int port_gsi_setup(unsigned gsi, bool level, bool low)
{
    (void)gsi, (void)level, (void)low;
    return 0;
}
int port_ioapic_read(uint64_t base, uint32_t reg, uint32_t *val)
{
    (void)base, (void)reg;
    *val = 0x170020;
    return 0;
}
int port_ioapic_write(uint64_t base, uint32_t reg, uint32_t val)
{
    (void)base, (void)reg, (void)val;
    return 0;
}
int port_msi_setup(const struct msi_request *r, struct irq **irq)
{
    *irq = &fake_irqs[FAKE_GSIS + r->devfn];
    return setup_rc;
}
int port_msi_restore(uint16_t seg, uint8_t bus, uint8_t devfn)
{
    (void)bus, (void)devfn;
    return seg ? -ENODEV : 0;
}
int port_msix_prepare(uint16_t seg, uint8_t bus, uint8_t devfn, bool release)
{
    (void)bus, (void)devfn, (void)release;
    return seg ? -ENODEV : 0;
}
int port_pci_add(uint16_t seg, uint8_t bus, uint8_t devfn)
{
    (void)seg, (void)bus, (void)devfn;
    return 0;
}
int port_pci_remove(uint16_t seg, uint8_t bus, uint8_t devfn)
{
    return port_msi_restore(seg, bus, devfn);
}
int port_mmcfg_reserved(uint64_t a, uint16_t seg, uint8_t first, uint8_t last, uint32_t flags)
{
    (void)a, (void)first, (void)last, (void)flags;
    return seg ? -ENODEV : 0;
}

static void setup(void)
{
    fake_reset();
    fake_quiet = true;
    fake_irq_reset();
    pirq_init();
    setup_rc = 0;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 1, false);
    cr_assert_eq(evtchn_domain_init(d0) | evtchn_domain_init(d1), 0);
}

static void audit(void)
{
    cr_assert_eq(pirq_audit(d0) + pirq_audit(d1), 0);
}

TestSuite(physdev, .init = setup, .fini = audit);

/* The structure goes through the fake guest's memory and back. */
static long call(struct domain *d, int cmd, void *arg, size_t size)
{
    gva_t va = fake_guest_put(arg, size);
    long rc;

    fake_current = d->vcpus[0];
    rc = hc_physdev_op(d->vcpus[0], (uint64_t)cmd, va, 0, 0, 0);
    cr_assert_eq(port_copy_from_guest(arg, va, size), 0);
    return rc;
}

#define CALL(d, cmd, arg) call(d, PHYSDEVOP_##cmd, &(arg), sizeof(arg))

static struct physdev_map_pirq message(unsigned devfn)
{
    return (struct physdev_map_pirq){.domid = DOMID_SELF,
                                     .type = MAP_PIRQ_TYPE_MSI_SEG,
                                     .index = -1,
                                     .pirq = -1,
                                     .devfn = (int)devfn};
}

Test(physdev, only_the_control_domain_touches_the_machine)
{
    struct physdev_map_pirq map = message(1),
                            gsi = {DOMID_SELF, MAP_PIRQ_TYPE_GSI, 5, 5, 0, 0, 0, 0};
    struct physdev_unmap_pirq unmap = {.domid = DOMID_SELF, .pirq = 5};
    struct physdev_apic apic = {0};
    struct physdev_irq irq = {0};
    struct physdev_setup_gsi set = {.gsi = 5};
    struct physdev_pci_device dev = {0};
    struct physdev_pci_device_add add = {0};
    struct physdev_pci_mmcfg_reserved mmcfg = {0};
    struct physdev_dbgp_op dbgp = {0};

    cr_assert_eq(CALL(d1, map_pirq, map), -EPERM);
    cr_assert_eq(CALL(d1, map_pirq, gsi), -EPERM);
    cr_assert_eq(CALL(d1, unmap_pirq, unmap), -EPERM);
    cr_assert_eq(CALL(d1, apic_read, apic), -EPERM);
    cr_assert_eq(CALL(d1, apic_write, apic), -EPERM);
    cr_assert_eq(CALL(d1, alloc_irq_vector, irq), -EPERM);
    cr_assert_eq(CALL(d1, setup_gsi, set), -EPERM);
    cr_assert_eq(CALL(d1, pci_device_add, add), -EPERM);
    cr_assert_eq(CALL(d1, pci_device_remove, dev), -EPERM);
    cr_assert_eq(CALL(d1, restore_msi_ext, dev), -EPERM);
    cr_assert_eq(CALL(d1, prepare_msix, dev), -EPERM);
    cr_assert_eq(CALL(d1, release_msix, dev), -EPERM);
    cr_assert_eq(CALL(d1, pci_mmcfg_reserved, mmcfg), -EPERM);
    cr_assert_eq(CALL(d1, dbgp_op, dbgp), -EPERM);
}

Test(physdev, a_message_that_gets_no_number_is_given_back)
{
    struct physdev_map_pirq map = message(1);

    while (pirq_get_free(d0, false) >= 0)
        ;
    cr_assert_eq(CALL(d0, map_pirq, map), -ENOSPC);
    cr_assert_eq(fake_releases, 1);
    map.pirq = (int)nr_pirqs;
    cr_assert_eq(CALL(d0, map_pirq, map), -EINVAL);
    cr_assert_eq(fake_releases, 1);
}

Test(physdev, a_message_is_mapped_from_the_top)
{
    struct physdev_map_pirq map = message(1);

    cr_assert_eq(CALL(d0, map_pirq, map), 0);
    cr_assert_eq(map.pirq, (int)nr_pirqs - 1);
    map = message(2);
    setup_rc = -ENODEV;
    cr_assert_eq(CALL(d0, map_pirq, map), -ENODEV);
    cr_assert_eq(map.pirq, -1);
}

Test(physdev, messages_are_for_the_caller_only)
{
    struct physdev_map_pirq map = message(1);

    map.domid = 1;
    cr_assert_eq(CALL(d0, map_pirq, map), -ENODEV);
    map.domid = 9;
    cr_assert_eq(CALL(d0, map_pirq, map), -ESRCH);
    map.domid = DOMID_IO;
    cr_assert_eq(CALL(d0, map_pirq, map), -EINVAL);
}

Test(physdev, a_line_can_be_mapped_for_another)
{
    struct physdev_map_pirq map = {.domid = 1, .type = MAP_PIRQ_TYPE_GSI, .index = 20, .pirq = 20};

    cr_assert_eq(CALL(d0, map_pirq, map), 0);
    cr_assert(pirq_mapped(d1, 20, &fake_irqs[20]));
    cr_assert_not(pirq_mapped(d0, -1, &fake_irqs[20]));
}
