/* SPDX-License-Identifier: MIT */
/*
 * Weak stand-ins for the parts of core that a test of domains, vcpus or scheduling may leave out:
 * whatever is really linked wins. Frames come from a counter and are never reused; events are one
 * pending flag.
 */
#include "fake_core.h"
#include "core/debugreg.h"
#include "core/emulate.h"
#include "core/evtchn.h"
#include "core/grant.h"
#include "core/dump.h"
#include "core/memory.h"
#include "core/segdesc.h"

#define WEAK __attribute__((weak))

int fake_machine_shutdown = -1;
unsigned fake_virqs[NR_VIRQS], fake_virqs_global[NR_VIRQS], fake_ports_closed;
evtchn_port_t fake_pending_port;
WEAK uint64_t m2p_l4e;
static uint64_t next_frame = FAKE_HOLE_LAST + 1;

void port_machine_shutdown(int reason)
{
    fake_machine_shutdown = reason;
}

/* ---- frames ---- */

WEAK mfn_t heap_alloc(unsigned order, uint32_t flags)
{
    uint64_t m = next_frame;

    (void)flags;
    next_frame += 1ull << order;
    if (next_frame >= FAKE_FRAMES)
        next_frame = m = FAKE_HOLE_LAST + 1;
    memset(frame_va(MFN(m)), 0, PAGE_SIZE << order);
    return MFN(m);
}

WEAK void heap_free(mfn_t m, unsigned order)
{
    (void)m, (void)order;
}
WEAK void frame_share(struct domain *d, mfn_t m, bool w)
{
    (void)d, (void)m, (void)w;
}
WEAK void frame_unshare(struct domain *d, mfn_t m)
{
    (void)d, (void)m;
}
WEAK bool frame_get(struct frame *f, const struct domain *d)
{
    (void)f, (void)d;
    return true;
}
WEAK void frame_put(struct frame *f)
{
    (void)f;
}
WEAK bool domain_release_frame(struct domain *d, struct frame *f)
{
    (void)d, (void)f;
    return true;
}
WEAK int type_get(struct domain *d, struct frame *f, uint32_t t, bool p)
{
    (void)d, (void)f, (void)t, (void)p;
    return 0;
}
WEAK void type_put(struct domain *d, struct frame *f)
{
    (void)d, (void)f;
}
WEAK int type_drain(struct domain *d, bool p)
{
    (void)d, (void)p;
    return 0;
}
WEAK bool frame_get_briefly(struct frame *f, const struct domain *d) { return frame_get(f, d); }

WEAK void table_abandon(struct domain *d, struct frame *f) { (void)d, (void)f; }

WEAK int table_unpin(struct domain *d, mfn_t m)
{
    (void)d, (void)m;
    return 0;
}
WEAK int frame_and_type_get(struct domain *d, mfn_t m, uint32_t t, bool p)
{
    (void)d, (void)t, (void)p;
    return m.n < FAKE_FRAMES ? 0 : -EINVAL;
}
WEAK void frame_and_type_put(struct domain *d, struct frame *f)
{
    (void)d, (void)f;
}

/* ---- events and grants ---- */

WEAK int evtchn_domain_init(struct domain *d)
{
    (void)d;
    return 0;
}
WEAK int evtchn_domain_close_all(struct domain *d)
{
    (void)d;
    fake_ports_closed++;
    return 0;
}
WEAK void evtchn_domain_free(struct domain *d)
{
    (void)d;
}
WEAK bool evtchn_port_pending(struct domain *d, evtchn_port_t port)
{
    (void)d;
    return port && port == fake_pending_port;
}
WEAK bool evtchn_port_open(struct domain *d, evtchn_port_t port)
{
    (void)d;
    return port && port < EVTCHN_FIFO_NR_CHANNELS;
}
/* As the real one: the vcpu this CPU works for is not kicked. */
WEAK void virq_raise_vcpu(struct vcpu *v, unsigned virq)
{
    fake_virqs[virq]++;
    v->info->evtchn_upcall_pending = 1;
    if (v != port_current())
        vcpu_kick(v);
}
WEAK void virq_raise_global(unsigned virq)
{
    fake_virqs_global[virq]++;
}
WEAK void evtchn_redeliver(struct vcpu *v)
{
    v->info->evtchn_pending_sel = ~0ull;
    v->info->evtchn_upcall_pending = 1;
    if (v != port_current())
        vcpu_kick(v);
}
WEAK int grant_domain_init(struct domain *d)
{
    (void)d;
    return 0;
}
/* Nobody asks which pages change. */
WEAK unsigned log_dirty_domains;
WEAK void log_dirty_mark(mfn_t m)
{
    (void)m;
}
WEAK void log_dirty_end(struct domain *d)
{
    (void)d;
}
WEAK int grant_domain_release_maps(struct domain *d)
{
    (void)d;
    return 0;
}
WEAK void grant_domain_free(struct domain *d)
{
    (void)d;
}

/* ---- the parts of a context ---- */

WEAK uint64_t xcr0_host_mask;
WEAK int gdt_set(struct vcpu *v, const uint64_t *frames, unsigned ents)
{
    if (ents > GDT_GUEST_ENTRIES)
        return -EINVAL;
    for (unsigned i = 0; i < DIV_ROUND_UP(ents, 512); i++)
        v->gdt_frames[i] = frames[i];
    v->gdt_ents = ents;
    return 0;
}
WEAK uint64_t cr4_guest_value(uint64_t val)
{
    return val;
}
WEAK int debugreg_set(struct vcpu *v, int reg, uint64_t val)
{
    v->dr[reg] = val;
    return 0;
}

/* ---- what the end of a domain asks of others ---- */

WEAK int evtchn_send(struct domain *d, evtchn_port_t port)
{
    (void)d, (void)port;
    return 0;
}
WEAK unsigned grants_dump(struct domain *d, unsigned lines)
{
    (void)d;
    return lines;
}
WEAK int memory_claim(struct domain *d, uint64_t pages)
{
    (void)d, (void)pages;
    return 0;
}
