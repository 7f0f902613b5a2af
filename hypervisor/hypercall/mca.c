/* SPDX-License-Identifier: MIT */
/*
 * mca(pointer): machine checks. There is never one to report: fetch finds nothing, and physcpuinfo lists the CPUs with
 * two banks each, as the guests' registers show them (core/msr.c).
 */
#include "core/cpuid.h"
#include "core/emul_port.h"
#include "core/machine.h"
#include "core/msr.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include <xen/arch-x86/xen-mca.h>

#define MC_OUT(v, arg, m, member)                                                                                     \
    door_out(v, (arg) + offsetof(struct xen_mc, u.member), &(m)->u.member, sizeof((m)->u.member))

static long fetch(struct vcpu *v, gva_t arg, struct xen_mc *m)
{
    struct xen_mc_fetch *f = &m->u.mc_fetch;

    if ((f->flags & ~(uint32_t)XEN_MC_ACK) != XEN_MC_NONURGENT && (f->flags & ~(uint32_t)XEN_MC_ACK) != XEN_MC_URGENT)
        return refuse(v->domain, EINVAL, ARGUMENT_BAD, f->flags, 0, 0);
    if (f->flags & XEN_MC_ACK) {
        f->flags = XEN_MC_OK;
    } else {
        if (!door_handle(f->data))
            return refuse(v->domain, EINVAL, BAD_POINTER, 0, sizeof(struct mc_info), 0);
        f->flags = XEN_MC_NODATA;
        f->fetch_id = 0;
    }
    return MC_OUT(v, arg, m, mc_fetch);
}

static void describe(unsigned cpu, xen_mc_logical_cpu_t *c)
{
    struct cpuid_leaf id, one;
    struct machine_cpu machine;

    port_cpuid(0, 0, &id);
    port_cpuid(1, 0, &one);
    port_machine_cpu(cpu, &machine);
    *c = (xen_mc_logical_cpu_t){
        .mc_cpunr = cpu,
        .mc_chipid = machine.apic_id,
        .mc_apicid = machine.apic_id,
        .mc_clusterid = (uint32_t)-1,
        .mc_ncores = 1,
        .mc_ncores_active = 1,
        .mc_nthreads = 1,
        .mc_cpuid_level = (int32_t)id.a,
        .mc_family = cpu_family,
        .mc_vendor = cpu_vendor == VENDOR_INTEL ? 0 : cpu_vendor == VENDOR_AMD ? 2 : 255,
        .mc_model = ((one.a >> 4 & 15) | (cpu_family >= 6 ? one.a >> 12 & 0xf0 : 0)),
        .mc_step = one.a & 15,
    };
    memcpy(c->mc_vendorid, &id.b, 4);
    memcpy(c->mc_vendorid + 4, &id.d, 4);
    memcpy(c->mc_vendorid + 8, &id.c, 4);
    c->mc_cpu_caps[0] = one.d;
    c->mc_cpu_caps[4] = one.c;
}

/* Without a buffer, how many; with one, at most as many as it has room for. */
static long cpus(struct vcpu *v, gva_t arg, struct xen_mc *m)
{
    struct xen_mc_physcpuinfo *p = &m->u.mc_physcpuinfo;
    gva_t info = door_handle(p->info);
    uint32_t nr = port_machine_cpus();

    if (info) {
        if (!p->ncpus)
            return refuse(v->domain, EINVAL, ARGUMENT_BAD, 0, 0, 0);
        nr = min(nr, p->ncpus);
    }
    for (uint32_t i = 0; info && i < nr; i++) {
        xen_mc_logical_cpu_t c;

        describe(i, &c);
        if (door_out_obj(v, info + i * sizeof(c), c))
            return -EFAULT;
    }
    p->ncpus = nr;
    return MC_OUT(v, arg, m, mc_physcpuinfo);
}

long hc_mca(struct vcpu *v, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct xen_mc m;

    (void)a2, (void)a3, (void)a4, (void)a5;
    if (door_in_obj(v, m, a1))
        return -EFAULT;
    v->hc_sub = m.cmd;
    if (m.interface_version != XEN_MCA_INTERFACE_VERSION)
        return refuse(v->domain, EACCES, INTERFACE_VERSION, m.interface_version, XEN_MCA_INTERFACE_VERSION, 0);
    if (!v->domain->privileged)
        return refuse(v->domain, EPERM, NOT_PRIVILEGED, m.cmd, 0, 0);
    switch (m.cmd) {
    case XEN_MC_fetch: return fetch(v, a1, &m);
    case XEN_MC_physcpuinfo: return cpus(v, a1, &m);
    default: return refuse(v->domain, m.cmd == XEN_MC_notifydomain ? EINVAL : ENOSYS, UNKNOWN_SUBOP, m.cmd, 0, 0);
    }
}
