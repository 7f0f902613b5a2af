/* SPDX-License-Identifier: MIT */
/* Domains: the table of ids, references, and a domain's life up to its shutdown. Death is in domain_death.c. */
#include "core/domain.h"
#include "core/console.h"
#include "core/domain_death.h"
#include "core/evtchn.h"
#include "core/grant.h"
#include "core/log.h"
#include "core/obituary.h"
#include "core/sched.h"
#include "core/time.h"
#include "core/watchdog.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <xen/sched.h>

#define NR_DOMIDS DOMID_FIRST_RESERVED
#define DEFAULT_MAX_PORT (EVTCHN_2L_NR_CHANNELS - 1) /* the control domain's: all there are */

/* table[id] is published when the domain is complete; used[] has the ids that are taken. list_lock
 * guards used[], the rover and the retired list; no other lock is taken inside it. */
static struct domain *table[NR_DOMIDS];
static uint64_t used[DIV_ROUND_UP(NR_DOMIDS, 64)];
static spinlock_t list_lock;
static domid_t rover;
static struct domain *retired;

static struct domain system_io, system_xen;
struct domain *dom_io = &system_io, *dom_xen = &system_xen;

static void domain_defaults(struct domain *d, domid_t id)
{
    d->id = id;
    d->shutdown_code = SHUTDOWN_NONE;
    d->shared_info_mfn = MFN_INVALID;
    d->mm.dead_head = FRAME_NIL;
    d->sched_weight = SCHED_WEIGHT_DEFAULT;
    frame_list_init(&d->pages);
    frame_list_init(&d->xen_pages);
}

void domain_system_init(void)
{
    struct domain *system[] = {dom_io, dom_xen};

    memset(table, 0, sizeof(table));
    memset(used, 0, sizeof(used));
    rover = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(system); i++) {
        memset(system[i], 0, sizeof(*system[i]));
        domain_defaults(system[i], i == 0 ? DOMID_IO : DOMID_XEN);
        system[i]->is_system = true;
        system[i]->state = DOM_ALIVE;
        system[i]->refs = 1;
        snprintf(system[i]->name, sizeof(system[i]->name), i == 0 ? "dIO" : "dXEN");
    }
}

/* ---- ids ---- */

static bool id_used(domid_t id)
{
    return used[id / 64] & BIT(id % 64);
}

static int id_reserve(domid_t *id)
{
    int rc = 0;

    spin_lock(&list_lock);
    if (*id == DOMID_FIRST_RESERVED) {
        domid_t i = rover;

        do {
            i = i == NR_DOMIDS - 1 ? 1 : (domid_t)(i + 1);
        } while (id_used(i) && i != rover);
        if (id_used(i))
            rc = -ENOMEM;
        else
            *id = rover = i;
    } else if (id_used(*id)) {
        rc = -EEXIST;
    }
    if (!rc)
        used[*id / 64] |= BIT(*id % 64);
    spin_unlock(&list_lock);
    return rc;
}

static void id_release(domid_t id)
{
    __atomic_store_n(&table[id], NULL, __ATOMIC_RELEASE);
    spin_lock(&list_lock);
    used[id / 64] &= ~BIT(id % 64);
    spin_unlock(&list_lock);
}

/* Memory of a struct domain is only ever reused for a struct domain, with refs 0 in between: a late
 * domain_find() that still has the old pointer can look at refs and id, and sees that it is wrong. */
static struct domain *domain_memory_get(void)
{
    struct domain *d;

    spin_lock(&list_lock);
    d = retired;
    if (d)
        retired = d->next_free;
    spin_unlock(&list_lock);
    if (!d)
        return xnew(struct domain);
    memset(d, 0, sizeof(*d));
    return d;
}

static void domain_memory_put(struct domain *d)
{
    spin_lock(&list_lock);
    d->next_free = retired;
    retired = d;
    spin_unlock(&list_lock);
}

/* ---- references ---- */

static bool ref_unless_dead(struct domain *d)
{
    uint32_t refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

    while (refs)
        if (__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

struct domain *domain_find(domid_t id)
{
    struct domain *d;

    if (id >= NR_DOMIDS)
        return NULL;
    while ((d = __atomic_load_n(&table[id], __ATOMIC_ACQUIRE)) != NULL) {
        if (!ref_unless_dead(d))
            return NULL;
        if (likely(__atomic_load_n(&table[id], __ATOMIC_ACQUIRE) == d))
            return d;
        domain_put(d);
    }
    return NULL;
}

struct domain *domain_find_any(domid_t id)
{
    struct domain *d;

    switch (id) {
    case DOMID_SELF: d = port_current() ? port_current()->domain : NULL; break;
    case DOMID_IO: d = dom_io; break;
    case DOMID_XEN: d = dom_xen; break;
    default: return domain_find(id);
    }
    if (d)
        domain_get(d);
    return d;
}

void domain_get(struct domain *d)
{
    __atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
}

void domain_put(struct domain *d)
{
    if (__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
        domain_bury(d);
}

struct domain *domain_next(domid_t from)
{
    for (unsigned i = from / 64; i < ARRAY_SIZE(used); i++) {
        uint64_t w = READ_ONCE(used[i]);

        if (i == from / 64u)
            w &= ~0ull << (from % 64);
        for (; w; w &= w - 1) {
            struct domain *d = domain_find((domid_t)(i * 64 + (unsigned)__builtin_ctzll(w)));

            if (d)
                return d;
        }
    }
    return NULL;
}

/* ---- creation ---- */

static int shared_info_alloc(struct domain *d)
{
    mfn_t m = heap_alloc(0, 0);

    if (mfn_eq(m, MFN_INVALID))
        return -ENOMEM;
    frame_share(d, m, true);
    d->shared_info_mfn = m;
    d->shared_info = frame_va(m);
    /* No vcpu takes events before its guest asks for them. */
    for (unsigned i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    return 0;
}

/* What domain_free_parts() undoes, in any state of completeness. */
static int domain_build(struct domain *d)
{
    int rc = -ENOMEM;

    d->vcpus = xnew_array(struct vcpu *, d->max_vcpus);
    d->refusals = xnew(struct refusal_ring);
    d->iomem = rangeset_new();
    d->ioports = rangeset_new();
    if (!d->vcpus || !d->refusals || !d->iomem || !d->ioports)
        return rc;
    rc = shared_info_alloc(d);
    if (!rc)
        rc = evtchn_domain_init(d);
    if (!rc)
        rc = grant_domain_init(d);
    if (!rc)
        rc = port_domain_init(d);
    if (!rc)
        time_domain_wallclock(d);
    return rc;
}

int domain_create_limited(domid_t id, unsigned max_vcpus, bool privileged, const struct domain_limits *limits,
                          struct domain **out)
{
    struct domain *d;
    int rc;

    if (id > DOMID_FIRST_RESERVED || max_vcpus == 0 || max_vcpus > MAX_VCPUS)
        return -EINVAL;
    rc = id_reserve(&id);
    if (rc)
        return rc;
    d = domain_memory_get();
    if (!d) {
        id_release(id);
        return -ENOMEM;
    }
    domain_defaults(d, id);
    snprintf(d->name, sizeof(d->name), "d%u", id);
    d->privileged = privileged;
    d->max_vcpus = max_vcpus;
    d->pause_count = 1;
    d->evtchn.max_port = limits->max_port;
    d->max_grant_frames = limits->grant_frames;
    d->max_maptrack_frames = limits->maptrack_frames;
    domain_death_init(d);
    sched_domain_init(d);
    watchdog_domain_init(d);

    rc = domain_build(d);
    if (rc) {
        domain_free_parts(d);
        domain_forget(d);
        return rc;
    }
    d->refs = 1;
    __atomic_store_n(&table[id], d, __ATOMIC_RELEASE);
    *out = d;
    return 0;
}

int domain_create(domid_t id, unsigned max_vcpus, bool privileged, struct domain **out)
{
    const struct domain_limits limits = {.max_port = privileged ? EVTCHN_FIFO_NR_CHANNELS - 1 : DEFAULT_MAX_PORT,
                                         .grant_frames = 64,
                                         .maptrack_frames = 1024};

    return domain_create_limited(id, max_vcpus, privileged, &limits, out);
}

void domain_forget(struct domain *d)
{
    id_release(d->id);
    domain_memory_put(d);
}

/* ---- pausing ---- */

static void domain_update_vcpus(struct domain *d)
{
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpus[i])
            sched_update(d->vcpus[i]);
}

void domain_pause_nosync(struct domain *d)
{
    if (__atomic_add_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST) == 1)
        domain_update_vcpus(d);
}

void domain_pause(struct domain *d)
{
    domain_pause_nosync(d);
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpus[i])
            sched_wait_off_cpu(d->vcpus[i]);
}

void domain_unpause(struct domain *d)
{
    enum domain_state building = DOM_BUILDING;
    uint32_t left = __atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST);

    BUG_ON(left == ~0u);
    if (left)
        return;
    __atomic_compare_exchange_n(&d->state, &building, DOM_ALIVE, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    domain_update_vcpus(d);
}

/* ---- shutting down ---- */

static const char *shutdown_word(uint8_t code)
{
    static const char *const words[] = {
        "powered off", "asked for a reboot",          "suspended",
        "crashed",     "was stopped by its watchdog", "asked for a soft reset"};

    return code < ARRAY_SIZE(words) ? words[code] : "shut down";
}

/* True for the one caller that brings it from life to SHUTDOWN. */
static bool become_shutdown(struct domain *d)
{
    enum domain_state s = __atomic_load_n(&d->state, __ATOMIC_SEQ_CST);

    while (s == DOM_ALIVE || s == DOM_BUILDING)
        if (__atomic_compare_exchange_n(&d->state, &s, DOM_SHUTDOWN, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            return true;
    return false;
}

void domain_shutdown(struct domain *d, uint8_t code)
{
    uint8_t none = SHUTDOWN_NONE;

    /* A code given beforehand (SCHEDOP_shutdown_code) wins. */
    __atomic_compare_exchange_n(&d->shutdown_code, &none, code, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    if (!become_shutdown(d))
        return;
    domain_update_vcpus(d);
    obituary_write(d, d->shutdown_code, "");
    console_domain_gone(d);
    refusals_tell_rest(d);
    log_msg(LOG_INFO, "Domain %u %s (shutdown code %u)", d->id, shutdown_word(d->shutdown_code),
            d->shutdown_code);
    if (d->privileged)
        port_machine_shutdown(d->shutdown_code);
    if (d->shutdown_code == SHUTDOWN_suspend && d->suspend_port)
        evtchn_send(d, d->suspend_port);
    else
        virq_raise_global(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *d)
{
    enum domain_state shut = DOM_SHUTDOWN;

    if (!__atomic_compare_exchange_n(&d->state, &shut, DOM_ALIVE, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return;
    d->shutdown_code = SHUTDOWN_NONE;
    d->has_obituary = false;
    domain_update_vcpus(d);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    char text[200];
    va_list ap;

    if (d->state != DOM_ALIVE && d->state != DOM_BUILDING)
        return; /* the first reason is the one that counts */
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_msg(LOG_ERR, "Domain %u crashed: %s", d->id, text);
    port_domain_report(d);
    refusals_print(d, 8);
    obituary_write(d, SHUTDOWN_crash, text);
    __atomic_store_n(&d->shutdown_code, SHUTDOWN_crash, __ATOMIC_SEQ_CST);
    domain_shutdown(d, SHUTDOWN_crash);
}
