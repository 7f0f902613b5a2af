/* SPDX-License-Identifier: MIT */
/*
 * platform_op(pointer): the control domain and the machine. Answered are the wall clock, what the firmware left, the CPUs,
 * and switching off; frequencies, sleep, plugging of CPUs and memory, memory types and EFI are not there.
 */
#include "core/cpuid.h"
#include "core/emul_port.h"
#include "core/log.h"
#include "core/machine.h"
#include "core/time.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include <xen/platform.h>

#define NS_PER_S 1000000000ull

static int absent(struct vcpu *v, const struct xen_platform_op *op)
{
    return refuse(v->domain, ENOSYS, UNKNOWN_SUBOP, op->cmd, 0, 0);
}

/* One member of the answer, back to where the call came from. */
#define out(v, arg, op, member)                                                                                       \
    door_out(v, (arg) + offsetof(struct xen_platform_op, u.member), &(op)->u.member, sizeof((op)->u.member))

/* It was secs and nsecs since 1970 when the system time was that. Any number is a time, as with Xen. */
static long settime(uint64_t secs, uint32_t nsecs, uint64_t system_time)
{
    time_set_wallclock(secs * NS_PER_S + nsecs - system_time);
    return 0;
}

static long firmware_info(struct vcpu *v, gva_t arg, struct xen_platform_op *op)
{
    struct xenpf_firmware_info *f = &op->u.firmware_info;

    switch (f->type) {
    case XEN_FW_KBD_SHIFT_FLAGS:
        if (f->index)
            break;
        f->u.kbd_shift_flags = port_keyboard_flags();
        return out(v, arg, op, firmware_info.u.kbd_shift_flags);
    case XEN_FW_DISK_INFO: /* only the BIOS itself could tell, in real mode */
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
        break;
    case XEN_FW_EFI_INFO:
        return absent(v, op);
    default:
        return refuse(v->domain, EINVAL, NO_FIRMWARE_INFO, f->type, f->index, 0);
    }
    return refuse(v->domain, ESRCH, NO_FIRMWARE_INFO, f->type, f->index, 0);
}

/* ---- switching off ---- */

#define PM1_SLEEP_ENABLE BIT(13)
#define STATE_SOFT_OFF 5
#define STATE_SUSPEND 3

/* The values are those the control domain read from the firmware's tables and would have written itself. */
static long enter_sleep(struct vcpu *v, const struct xenpf_enter_acpi_sleep *s)
{
    struct domain *d = v->domain;

    if (s->sleep_state == STATE_SUSPEND)
        return refuse(d, EOPNOTSUPP, SLEEP_BAD, s->sleep_state, s->val_a, s->val_b);
    if (s->flags == XENPF_ACPI_SLEEP_EXTENDED || !port_has_pm1()) /* no hardware-reduced machine */
        return refuse(d, EPERM, SLEEP_BAD, s->sleep_state, s->val_a, s->val_b);
    if (s->flags || s->sleep_state != STATE_SOFT_OFF || (s->val_b && ((s->val_a ^ s->val_b) & PM1_SLEEP_ENABLE)))
        return refuse(d, EINVAL, SLEEP_BAD, s->sleep_state, s->val_a, s->val_b);
    log_msg(LOG_INFO, "The control domain switches the machine off");
    port_pm1_write(s->val_a, s->val_b);
    return refuse(d, EINVAL, SLEEP_BAD, s->sleep_state, s->val_a, s->val_b);
}

/* ---- CPUs ---- */

static long cpu_info(struct vcpu *v, gva_t arg, struct xen_platform_op *op)
{
    struct xenpf_pcpuinfo *p = &op->u.pcpu_info;
    struct machine_cpu cpu;

    if (p->xen_cpuid >= port_machine_cpus()) {
        p->flags = XEN_PCPU_FLAGS_INVALID;
    } else {
        port_machine_cpu(p->xen_cpuid, &cpu);
        p->flags = XEN_PCPU_FLAGS_ONLINE;
        p->apic_id = cpu.apic_id;
        p->acpi_id = cpu.acpi_id;
    }
    p->max_present = port_machine_cpus() - 1;
    return out(v, arg, op, pcpu_info);
}

/* All CPUs are alike. */
static long cpu_version(struct vcpu *v, gva_t arg, struct xen_platform_op *op)
{
    struct xenpf_pcpu_version *p = &op->u.pcpu_version;
    struct cpuid_leaf id = {0}, one = {0};
    uint32_t model, extended;

    if (p->xen_cpuid < port_machine_cpus()) {
        port_cpuid(0, 0, &id);
        port_cpuid(1, 0, &one);
    }
    model = one.a >> 4 & 15;
    extended = one.a >> 16 & 15;
    memcpy(p->vendor_id, &id.b, 4);
    memcpy(p->vendor_id + 4, &id.d, 4);
    memcpy(p->vendor_id + 8, &id.c, 4);
    p->family = one.a ? cpu_family : 0;
    p->model = p->family >= 15 || (p->family == 6 && cpu_vendor == VENDOR_INTEL) ? extended << 4 | model : model;
    p->stepping = one.a & 15;
    p->max_present = port_machine_cpus() - 1;
    return out(v, arg, op, pcpu_version);
}

/* CPUs stay on, so switching on finds it done. */
static long cpu_switch(struct vcpu *v, const struct xen_platform_op *op)
{
    uint32_t cpu = op->u.cpu_ol.cpuid;

    if (op->cmd == XENPF_cpu_online && cpu < port_machine_cpus())
        return 0;
    if (op->cmd == XENPF_cpu_online || cpu >= port_machine_cpus())
        return refuse(v->domain, EINVAL, NO_SUCH_CPU, cpu, 0, 0);
    return refuse(v->domain, EOPNOTSUPP, NO_SUCH_CPU, cpu, 0, 0);
}

static long core_parking(struct vcpu *v, gva_t arg, struct xen_platform_op *op)
{
    struct xenpf_core_parking *p = &op->u.core_parking;

    if (p->type != XEN_CORE_PARKING_GET)
        return refuse(v->domain, EINVAL, ARGUMENT_BAD, p->type, 0, 0);
    p->idle_nums = 0;
    return out(v, arg, op, core_parking);
}

/* ---- registers by number: of the few that Xen allows, the time-stamp counter, given as system time ---- */

#define MSR_TSC 0x10u
#define RESOURCES_MAX 3u

static int resource_do(struct xenpf_resource_entry *e)
{
    if (e->rsvd)
        return -EINVAL;
    if (e->u.cmd != XEN_RESOURCE_OP_MSR_READ && e->u.cmd != XEN_RESOURCE_OP_MSR_WRITE)
        return -EOPNOTSUPP;
    if (e->idx >> 32)
        return -EINVAL;
    if (e->idx != MSR_TSC || e->u.cmd == XEN_RESOURCE_OP_MSR_WRITE)
        return -EPERM;
    e->val = port_now();
    return 0;
}

static long resource_op(struct vcpu *v, const struct xenpf_resource_op *r)
{
    struct xenpf_resource_entry e[RESOURCES_MAX];
    gva_t entries = door_handle(r->entries);
    uint32_t done = 0;
    int rc = 0;

    if (r->nr_entries > RESOURCES_MAX)
        return refuse(v->domain, EINVAL, ARGUMENT_BAD, r->nr_entries, RESOURCES_MAX, 0);
    if (door_in(v, e, entries, r->nr_entries * sizeof(e[0])))
        return -EFAULT;
    if (r->nr_entries && r->cpu >= port_machine_cpus())
        return refuse(v->domain, ENODEV, NO_SUCH_CPU, r->cpu, 0, 0);
    while (done < r->nr_entries && !(rc = resource_do(&e[done])))
        done++;
    if (rc)
        e[done].u.ret = rc;
    if (door_out(v, entries, e, (done + !!rc) * sizeof(e[0])))
        return -EFAULT;
    return done;
}

/* ---- which ---- */

static long pm_info(struct vcpu *v, const struct xen_platform_op *op)
{
    switch (op->u.set_pminfo.type) {
    case XEN_PM_CX:
    case XEN_PM_PX:
    case XEN_PM_TX:
    case XEN_PM_PDC: return absent(v, op);
    default: return refuse(v->domain, EINVAL, ARGUMENT_BAD, op->u.set_pminfo.type, 0, 0);
    }
}

static long quirk(struct vcpu *v, const struct xen_platform_op *op)
{
    uint32_t id = op->u.platform_quirk.quirk_id;

    return id >= QUIRK_NOIRQBALANCING && id <= QUIRK_IOAPIC_GOOD_REGSEL ? 0
                                                                        : refuse(v->domain, EINVAL, ARGUMENT_BAD, id, 0, 0);
}

static long settime64(struct vcpu *v, const struct xenpf_settime64 *t)
{
    if (t->mbz)
        return refuse(v->domain, EINVAL, ARGUMENT_BAD, t->mbz, 0, 0);
    return settime(t->secs, t->nsecs, t->system_time);
}

long hc_platform_op(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct xen_platform_op op;

    (void)a2, (void)a3, (void)a4, (void)a5;
    if (door_in_obj(v, op, a1))
        return -EFAULT;
    v->hc_sub = op.cmd;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return refuse(v->domain, EACCES, INTERFACE_VERSION, op.interface_version, XENPF_INTERFACE_VERSION, 0);
    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, op.cmd, 0, 0);
    switch (op.cmd) {
    case XENPF_settime32:
        return settime(op.u.settime32.secs, op.u.settime32.nsecs, op.u.settime32.system_time);
    case XENPF_settime64: return settime64(v, &op.u.settime64);
    case XENPF_firmware_info: return firmware_info(v, a1, &op);
    case XENPF_enter_acpi_sleep: return enter_sleep(v, &op.u.enter_acpi_sleep);
    case XENPF_get_cpuinfo: return cpu_info(v, a1, &op);
    case XENPF_get_cpu_version: return cpu_version(v, a1, &op);
    case XENPF_cpu_online:
    case XENPF_cpu_offline: return cpu_switch(v, &op);
    case XENPF_core_parking: return core_parking(v, a1, &op);
    case XENPF_resource_op: return resource_op(v, &op.u.resource_op);
    case XENPF_set_processor_pminfo: return pm_info(v, &op);
    case XENPF_platform_quirk: return quirk(v, &op);
    default: return absent(v, &op);
    }
}
