/* SPDX-License-Identifier: MIT */
/* LINK: hypercall/platform.c hypercall/mca.c hypercall/door.c core/tlb.c core/frame.c core/cpuid.c */
/* Checks [PLT-1] [PLT-3]: what the control domain alone may ask of the machine. */
#include "core/cpuid.h"
#include "core/machine.h"
#include "core/time.h"
#include "fake_core.h"
#include "fake_emul.h"
#include "hypercall/hypercall.h"
#include <criterion/criterion.h>
#include <string.h>
#include <xen/arch-x86/xen-mca.h>
#include <xen/platform.h>

static struct domain *d0, *d1;
static struct xen_platform_op op;
static unsigned writes;
static bool pm1;

unsigned port_machine_cpus(void) { return 2; }
void port_machine_cpu(unsigned cpu, struct machine_cpu *out) { *out = (struct machine_cpu){cpu + 10, cpu + 20}; }
uint8_t port_keyboard_flags(void) { return 0x20; }
void time_set_wallclock(uint64_t ns) { (void)ns; }
bool port_has_pm1(void) { return pm1; }
void port_pm1_write(uint16_t a, uint16_t b)
{
    cr_assert_eq(a, 0x3c01);
    cr_assert_eq(b, 0x2000);
    writes++;
}

static void setup(void)
{
    fake_reset();
    fake_emul_reset();
    fake_cpuid_qemu64();
    cpuid_init();
    fake_quiet = true;
    d0 = fake_domain(0, 1, true);
    d1 = fake_domain(1, 1, false);
    fake_current = d0->vcpus[0];
    writes = 0;
    pm1 = true;
    op.interface_version = XENPF_INTERFACE_VERSION;
}

TestSuite(platform, .init = setup);

static long call(struct domain *d, uint32_t cmd)
{
    gva_t at;
    long rc;

    op.cmd = cmd;
    fake_current = d->vcpus[0];
    at = fake_guest_put(&op, sizeof(op));
    rc = hc_platform_op(fake_current, at, 0, 0, 0, 0);
    memcpy(&op, fake_guest_ptr(at), sizeof(op));
    return rc;
}

Test(platform, unprivileged_domains_may_nothing)
{
    struct xen_mc mc = {.cmd = XEN_MC_physcpuinfo, .interface_version = XEN_MCA_INTERFACE_VERSION};

    for (uint32_t cmd = 0; cmd < 70; cmd++)
        cr_assert_eq(call(d1, cmd), -XEN_EPERM);
    op.interface_version--;
    cr_assert_eq(call(d1, XENPF_settime64), -XEN_EACCES);
    cr_assert_eq(hc_mca(d1->vcpus[0], fake_guest_put(&mc, sizeof(mc)), 0, 0, 0, 0), -XEN_EPERM);
}

Test(platform, soft_off_writes_the_values_it_was_given)
{
    struct xenpf_enter_acpi_sleep *s = &op.u.enter_acpi_sleep;

    *s = (struct xenpf_enter_acpi_sleep){.val_a = 0x3c01, .val_b = 0x2000, .sleep_state = 5};
    cr_assert_eq(call(d0, XENPF_enter_acpi_sleep), -XEN_EINVAL, "the fake machine stays on");
    cr_assert_eq(writes, 1);
    s->sleep_state = 3;
    cr_assert_eq(call(d0, XENPF_enter_acpi_sleep), -XEN_EOPNOTSUPP);
    s->sleep_state = 4;
    cr_assert_eq(call(d0, XENPF_enter_acpi_sleep), -XEN_EINVAL);
    s->sleep_state = 5;
    s->val_b = 1;
    cr_assert_eq(call(d0, XENPF_enter_acpi_sleep), -XEN_EINVAL);
    pm1 = false;
    s->val_b = 0;
    cr_assert_eq(call(d0, XENPF_enter_acpi_sleep), -XEN_EPERM);
    cr_assert_eq(writes, 1);
}

Test(platform, cpu_versions)
{
    op.u.pcpu_version.xen_cpuid = 1;
    cr_assert_eq(call(d0, XENPF_get_cpu_version), 0);
    cr_assert_eq(op.u.pcpu_version.model, 0x6b);
    op.u.pcpu_info = (struct xenpf_pcpuinfo){.xen_cpuid = 1};
    cr_assert_eq(call(d0, XENPF_get_cpuinfo), 0);
    cr_assert_eq(op.u.pcpu_info.apic_id, 11);
    cr_assert_eq(op.u.pcpu_info.acpi_id, 21);
}
