/* SPDX-License-Identifier: MIT */
#include "core/control.h"
#include "core/evtchn.h"
#include "core/time.h"
#include "core/vcpu.h"
#include "lib/errno.h"
#include "lib/string.h"

#define GUEST_PA_BITS 40 /* as Xen says of PV guests */

/* "Blocked" if all vcpus that are up are, "running" if one is on a CPU. */
static uint32_t vcpus_info(struct domain *d, struct xen_domctl_getdomaininfo *out)
{
    uint32_t flags = XEN_DOMINF_blocked;

    out->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    for (unsigned i = 0; i < d->max_vcpus; i++) {
        struct vcpu_runstate_info r;
        struct vcpu *v = __atomic_load_n(&d->vcpus[i], __ATOMIC_ACQUIRE);

        if (!v)
            continue;
        vcpu_runstate_get(v, &r);
        out->cpu_time += r.time[RUNSTATE_running];
        out->max_vcpu_id = i;
        if (v->down)
            continue;
        out->nr_online_vcpus++;
        if (!v->blocked)
            flags &= ~XEN_DOMINF_blocked;
        if (v->sched.on_cpu)
            flags |= XEN_DOMINF_running;
    }
    return out->nr_online_vcpus ? flags : 0;
}

void control_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *out)
{
    uint32_t code = d->shutdown_code == SHUTDOWN_NONE ? ~0u : d->shutdown_code;

    memset(out, 0, sizeof(*out));
    out->domain = d->id;
    out->flags = vcpus_info(d, out);
    if (domain_is_dead(d))
        out->flags |= XEN_DOMINF_dying;
    if (d->state == DOM_SHUTDOWN || (d->state >= DOM_DYING && d->shutdown_code != SHUTDOWN_NONE))
        out->flags |= XEN_DOMINF_shutdown;
    if (d->control_pauses)
        out->flags |= XEN_DOMINF_paused;
    if (d->debugged)
        out->flags |= XEN_DOMINF_debugged;
    if (d->xs_domain)
        out->flags |= XEN_DOMINF_xs_domain;
    out->flags |= code << XEN_DOMINF_shutdownshift;
    out->tot_pages = d->tot_pages;
    out->max_pages = d->max_pages;
    out->outstanding_pages = d->claim;
    out->shared_info_frame = d->shared_info_mfn.n;
    memcpy(out->handle, d->handle, sizeof(out->handle));
    out->gpaddr_bits = GUEST_PA_BITS;
    if (d->privileged)
        out->arch_config.emulation_flags = XEN_X86_EMU_PIT;
}

int control_pause(struct domain *d)
{
    if (d->control_pauses == CONTROL_PAUSES_MAX)
        return refuse(port_current()->domain, EOVERFLOW, PAUSE_COUNT, d->id, d->control_pauses, 0);
    d->control_pauses++;
    domain_pause(d);
    return 0;
}

int control_unpause(struct domain *d)
{
    if (!d->control_pauses)
        return refuse(port_current()->domain, EINVAL, PAUSE_COUNT, d->id, 0, 0);
    d->control_pauses--;
    domain_unpause(d);
    return 0;
}

uint32_t control_tsc_khz(void)
{
    struct tsc_params tsc;
    uint64_t khz;

    port_tsc_params(&tsc);
    khz = tsc.mul ? (1000000ull << 32) / tsc.mul : 0;
    return (uint32_t)(tsc.shift >= 0 ? khz >> tsc.shift : khz << -tsc.shift);
}
