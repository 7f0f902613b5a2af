/* SPDX-License-Identifier: MIT */
/* Stands in for core/domain.c and core/vcpu.c: domains that own frames and vcpus that hold registers,
 * without scheduling and without a way to die. */
#include "fake_port.h"
#include <stdarg.h>
#include <stdio.h>

#define FAKE_MAX_DOMAINS 32

static struct domain *table[FAKE_MAX_DOMAINS];
static struct domain system_io, system_xen;
struct domain *dom_io = &system_io, *dom_xen = &system_xen;
unsigned fake_crashes;
domid_t fake_crashed_last;

static void domain_basics(struct domain *d, domid_t id)
{
    d->id = id;
    d->refs = 1;
    d->pages = d->xen_pages = (struct frame_list){ FRAME_NIL, FRAME_NIL, 0 };
    d->mm.dead_head = FRAME_NIL;
    d->max_pages = FAKE_FRAMES;
}

void fake_domain_reset(void);
void fake_domain_reset(void)
{
    memset(table, 0, sizeof(table));
    memset(&system_io, 0, sizeof(system_io));
    memset(&system_xen, 0, sizeof(system_xen));
    domain_basics(&system_io, DOMID_IO);
    domain_basics(&system_xen, DOMID_XEN);
    system_io.is_system = system_xen.is_system = true;
    fake_crashes = 0;
}

int domain_create(domid_t id, unsigned max_vcpus, bool privileged, struct domain **out)
{
    struct domain *d;

    if (id >= FAKE_MAX_DOMAINS || table[id])
        return id >= FAKE_MAX_DOMAINS ? -EINVAL : -EEXIST;
    d = xnew(struct domain);
    domain_basics(d, id);
    d->privileged = privileged;
    d->max_vcpus = max_vcpus;
    d->vcpus = xnew_array(struct vcpu *, max_vcpus + 1);
    d->shared_info_mfn = MFN_INVALID;
    snprintf(d->name, sizeof(d->name), "d%u", id);
    table[id] = d;
    *out = d;
    return 0;
}

int vcpu_create(struct domain *d, unsigned id, struct vcpu **out)
{
    /* The save area of the hardware wants 16-byte alignment, which xalloc's fake gives. */
    struct vcpu *v = xnew(struct vcpu);

    v->domain = d;
    v->id = id;
    v->in_kernel = 1;
    v->info_mfn = MFN_INVALID;
    d->vcpus[id] = v;
    *out = v;
    return 0;
}

struct domain *fake_domain(domid_t id, unsigned nr_vcpus, bool privileged)
{
    struct domain *d;
    struct vcpu *v;

    if (domain_create(id, nr_vcpus, privileged, &d))
        abort();
    for (unsigned i = 0; i < nr_vcpus; i++) {
        if (vcpu_create(d, i, &v))
            abort();
        if (!fake_current)
            fake_current = v;
    }
    d->state = DOM_ALIVE;
    return d;
}

void domain_get(struct domain *d) { d->refs++; }

void domain_put(struct domain *d)
{
    if (d->refs-- == 0)
        abort();
}

struct domain *domain_find(domid_t id)
{
    if (id >= FAKE_MAX_DOMAINS || !table[id])
        return NULL;
    domain_get(table[id]);
    return table[id];
}

struct domain *domain_find_any(domid_t id)
{
    struct domain *d = id == DOMID_SELF ? fake_current->domain
                     : id == DOMID_IO ? dom_io
                     : id == DOMID_XEN ? dom_xen : NULL;

    if (!d)
        return domain_find(id);
    domain_get(d);
    return d;
}

struct domain *domain_next(domid_t from)
{
    for (; from < FAKE_MAX_DOMAINS; from++)
        if (table[from])
            return domain_find(from);
    return NULL;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    char text[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    fake_crashes++;
    fake_crashed_last = d->id;
    d->state = DOM_SHUTDOWN;
    log_msg(LOG_GUEST_ERR, "d%u crashed: %s", d->id, text);
}


void vcpu_wake(struct vcpu *v)
{
    v->blocked = false;
    v->poll_ports = 0;
}

void vcpu_kick(struct vcpu *v) { vcpu_set_work(v, WORK_RESCHED); }
