/* SPDX-License-Identifier: MIT */
#include "core/domain_death.h"
#include "core/evtchn.h"
#include "core/grant.h"
#include "core/log_dirty.h"
#include "core/dump.h"
#include "core/obituary.h"
#include "core/memory.h"
#include "core/pagetype.h"
#include "core/pirq.h"
#include "core/sched.h"
#include "core/watchdog.h"
#include "core/log.h"
#include "lib/errno.h"

#define ZOMBIE_LOOK_NS 20000000ull
#define HOLDERS_SAID 20
#define ZOMBIE_PATIENCE 100 /* looks: 2 s */

enum destroy_step {
    STEP_EVENTS,
    STEP_TABLES,
    STEP_GRANTS,
    STEP_UNPIN,
    STEP_RELEASE,
    STEP_ZOMBIE,
    STEP_DONE
};

/* ---- freeing what has no references left ---- */

static struct domain *buried; /* linked by next_free; pushed by anybody, taken as a whole */
static struct timer reap_timer;

static void reap_fn(void *arg)
{
    (void)arg;
    domain_reap();
}

void domain_bury(struct domain *d)
{
    d->next_free = __atomic_load_n(&buried, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&buried, &d->next_free, d, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
        ;
    reap_timer.fn = reap_fn;
    timer_set(&reap_timer, 0);
}

void domain_reap(void)
{
    struct domain *d = __atomic_exchange_n(&buried, NULL, __ATOMIC_ACQ_REL);

    while (d) {
        struct domain *next = d->next_free;

        d->state = DOM_DEAD;
        domain_free_parts(d);
        domain_forget(d);
        virq_raise_global(VIRQ_DOM_EXC);
        d = next;
    }
}

void domain_free_parts(struct domain *d)
{
    timer_stop(&d->zombie_timer);
    watchdog_domain_stop(d);
    sched_domain_exit(d);
    for (unsigned i = 0; d->vcpus && i < d->max_vcpus; i++)
        if (d->vcpus[i])
            vcpu_destroy(d->vcpus[i]);
    evtchn_domain_free(d);
    pirq_domain_free(d);
    grant_domain_free(d);
    log_dirty_end(d);
    if (d->shared_info) {
        frame_unshare(d, d->shared_info_mfn);
        heap_free(d->shared_info_mfn, 0);
    }
    port_domain_free(d);
    if (d->iomem)
        rangeset_free(d->iomem);
    if (d->ioports)
        rangeset_free(d->ioports);
    xfree(d->e820);
    xfree(d->cpuid);
    xfree(d->refusals);
    xfree(d->vcpus);
}

/* ---- destroying ---- */

/* Does anybody else still use a frame of d? */
static bool domain_in_use(struct domain *d)
{
    bool in_use;

    spin_lock(&d->pages_lock);
    in_use = d->pages.count != 0;
    for (uint32_t m = d->xen_pages.head; !in_use && m != FRAME_NIL; m = frame_of(MFN(m))->next)
        in_use = (READ_ONCE(frame_of(MFN(m))->refs) & FRAME_REFS_MASK) > 1;
    spin_unlock(&d->pages_lock);
    return in_use;
}

/* Who does not let go is named, once. */
static void holders_say(struct domain *d)
{
    log_msg(LOG_WARN, "Domain %u is dead, but %lu of its frames are still in use:", d->id, d->pages.count);
    grants_dump(d, HOLDERS_SAID);
    log_msg(LOG_WARN, "what no grant explains is mapped by a control domain's page tables");
}

/* LIMIT: a zombie is looked at every 20 ms; nothing tells it that the last foreign mapping went. */
static void zombie_fn(void *arg)
{
    struct domain *d = arg;

    if (domain_in_use(d)) {
        if (++d->zombie_looks == ZOMBIE_PATIENCE)
            holders_say(d);
        timer_set(&d->zombie_timer, port_now() + ZOMBIE_LOOK_NS);
        return;
    }
    d->destroy_step = STEP_DONE;
    domain_put(d); /* the table's */
}

void domain_death_init(struct domain *d)
{
    timer_init(&d->zombie_timer, zombie_fn, d);
}

/*
 * Each frame of d has one turn in a step: the first of the list is looked at with a reference held,
 * then moved to the end. Frames only leave the list of a dying domain, so that as many turns as
 * there were frames at the start of the step reach all of them. NULL: every frame had its turn.
 */
static struct frame *turn_begin(struct domain *d)
{
    struct frame *f = NULL;

    spin_lock(&d->pages_lock);
    while (d->destroy_left && d->pages.head != FRAME_NIL) {
        f = frame_of(MFN(d->pages.head));
        if (frame_get_briefly(f, d))
            break;
        /* Its last reference has just gone elsewhere; that CPU takes it off the list. */
        frame_list_del(&d->pages, f);
        frame_list_add(&d->pages, f);
        d->destroy_left--;
        f = NULL;
    }
    spin_unlock(&d->pages_lock);
    return f;
}

static void turn_end(struct domain *d, struct frame *f)
{
    spin_lock(&d->pages_lock);
    frame_list_del(&d->pages, f);
    frame_list_add(&d->pages, f);
    d->destroy_left--;
    spin_unlock(&d->pages_lock);
    frame_put(f);
}

static int unpin_all(struct domain *d)
{
    struct frame *f;
    int rc = type_drain(d, true);

    while (!rc && (f = turn_begin(d)) != NULL) {
        if ((READ_ONCE(f->type) & TYPE_PINNED) && table_unpin(d, frame_mfn(f)) == -ERESTART) {
            frame_put(f);
            return -ERESTART;
        }
        /* Here, since its subtree wants to be dropped with preemption, and its frame may have been given
         * back already. */
        if (READ_ONCE(f->type) & TYPE_PARTIAL)
            table_abandon(d, f);
        turn_end(d, f);
        if (type_drain_needed(d))
            rc = type_drain(d, true);
        if (!rc && port_preempt_pending())
            rc = -ERESTART;
    }
    return rc;
}

static int release_all(struct domain *d)
{
    struct frame *f;

    while ((f = turn_begin(d)) != NULL) {
        domain_release_frame(d, f);
        turn_end(d, f);
        if (port_preempt_pending())
            return -ERESTART;
    }
    return 0;
}

/* One step; the next one when it returns 0. */
static int destroy_step(struct domain *d)
{
    switch ((enum destroy_step)d->destroy_step) {
    case STEP_EVENTS:
        watchdog_domain_stop(d);
        if (evtchn_domain_close_all(d))
            return -ERESTART;
        pirq_domain_release(d);
        return 0;
    case STEP_TABLES:
        for (unsigned i = 0; i < d->max_vcpus; i++)
            if (d->vcpus[i])
                vcpu_release_frames(d->vcpus[i]);
        return type_drain(d, true);
    case STEP_GRANTS:
        if (grant_domain_release_maps(d))
            return -ERESTART;
        d->destroy_left = d->pages.count;
        return 0;
    case STEP_UNPIN: {
        int rc = unpin_all(d);

        if (!rc)
            d->destroy_left = d->pages.count;
        return rc;
    }
    case STEP_RELEASE: return release_all(d);
    case STEP_ZOMBIE:
    case STEP_DONE: break;
    }
    return 0;
}

/* Not under d->life, which a vcpu of d may be waiting for on its way out. */
static void stop_forever(struct domain *d)
{
    if (__atomic_exchange_n(&d->state, DOM_DYING, __ATOMIC_SEQ_CST) != DOM_DYING) {
        obituary_write(d, OBITUARY_DESTROYED, "");
        domain_pause_nosync(d);
    }
    for (unsigned i = 0; i < d->max_vcpus; i++)
        if (d->vcpus[i])
            sched_wait_off_cpu(d->vcpus[i]);
}

int domain_destroy(struct domain *d)
{
    int rc = 0;

    BUG_ON(d->is_system);
    stop_forever(d);
    if (!spin_trylock(&d->life))
        return -ERESTART; /* another CPU is at it */
    domain_get(d);
    while (!rc && d->destroy_step < STEP_ZOMBIE) {
        rc = destroy_step(d);
        if (!rc && ++d->destroy_step == STEP_ZOMBIE) {
            memory_claim(d, 0);
            virq_raise_global(VIRQ_DOM_EXC); /* who holds something of it is to let go */
            zombie_fn(d); /* ends in DONE, now or later */
        }
    }
    spin_unlock(&d->life);
    domain_put(d);
    if (!rc)
        domain_reap();
    return rc;
}

bool domain_is_dead(const struct domain *d)
{
    return READ_ONCE(d->destroy_step) >= STEP_ZOMBIE;
}
