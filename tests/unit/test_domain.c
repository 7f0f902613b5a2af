/* SPDX-License-Identifier: MIT */
/* Checks [ABI-4] [DOM-1] [DOM-2] [DOM-3] [DOM-4] [DOM-5] [REF-2]. */
/*
 * LINK: core/domain.c core/domain_death.c core/obituary.c core/vcpu.c core/vcpu_context.c core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c
 * LINK: core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c core/heap.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c
 * LINK: core/frame_audit.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c core/grant.c core/grant_map.c core/grant_copy.c
 */
/* Domains with everything they own, for real: frames, tables, ports, grants. */
#include <criterion/criterion.h>
#include "start.h"
#include "tables.h"
#include "core/domain_death.h"
#include "core/evtchn.h"
#include "core/grant.h"
#include "core/sched.h"
#include "core/time.h"
#include <xen/sched.h>

#define MS 1000000ull

static struct domain *control;
static evtchn_port_t dom_exc;
static int allocations_left = -1; /* then they fail; < 0: they do not */

void *xalloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    if (allocations_left > 0)
        allocations_left--;
    return calloc(1, size);
}

void xfree(void *p)
{
    free(p);
}

static void setup(void)
{
    struct evtchn_bind_virq b = {.virq = VIRQ_DOM_EXC};

    core_start();
    control = new_domain(0, 1);
    fake_current = control->vcpus[0];
    cr_assert_eq(evtchn_bind_virq(control, &b), 0);
    dom_exc = b.port;
    fake_machine_shutdown = -1;
}

static void teardown(void)
{
    fake_preempt_after = -1;
    fake_current = NULL;
    allocations_left = -1;
    for (unsigned n = 0; n < 100; n++) {
        struct domain *d = domain_next(0);

        if (!d)
            break;
        cr_assert_eq(domain_destroy(d), 0);
        domain_put(d);
        domain_reap();
    }
    cr_assert_null(domain_next(0), "a reference was lost");
    cr_assert_eq(frames_audit(), 0);
}

#define T(name) Test(domain, name, .init = setup, .fini = teardown)

static bool dom_exc_raised(void)
{
    uint64_t bit = BIT(dom_exc % 64);

    return __atomic_fetch_and(&control->shared_info->evtchn_pending[dom_exc / 64], ~bit,
                              __ATOMIC_SEQ_CST) &
           bit;
}

static bool exists(domid_t id)
{
    struct domain *d = domain_find(id);

    if (d)
        domain_put(d);
    return d != NULL;
}

/* ---- ids and references ---- */

T(chosen_ids_go_up_and_are_never_0)
{
    struct domain *first = new_domain(DOMID_FIRST_RESERVED, 1);

    cr_assert_eq(first->id, 1);
    cr_assert_eq(new_domain(DOMID_FIRST_RESERVED, 1)->id, 2);
    cr_assert_eq(domain_destroy(first), 0);
    cr_assert_eq(new_domain(DOMID_FIRST_RESERVED, 1)->id, 3);
    cr_assert_eq(new_domain(1, 1)->id, 1);
}

T(bad_ids_and_vcpu_counts_are_refused)
{
    struct domain *d;

    cr_assert_eq(domain_create(0, 1, false, &d), -EEXIST);
    cr_assert_eq(domain_create(DOMID_IO, 1, false, &d), -EINVAL);
    cr_assert_eq(domain_create(9, 0, false, &d), -EINVAL);
    cr_assert_eq(domain_create(9, MAX_VCPUS + 1, false, &d), -EINVAL);
    cr_assert(!exists(9));
}

T(creation_out_of_memory_at_any_point_leaves_nothing)
{
    uint64_t before = heap_free_frames();
    struct domain *d;
    int n, rc = -ENOMEM;

    for (n = 0; rc == -ENOMEM && n < 50; n++) {
        allocations_left = n;
        rc = domain_create(7, 2, false, &d);
        if (rc) {
            cr_assert_eq(heap_free_frames(), before, "after %d allocations", n);
            cr_assert(!exists(7));
        }
    }
    allocations_left = -1;
    cr_assert_eq(rc, 0);
    cr_assert_gt(n, 5);
}

T(names_of_domains_are_found)
{
    struct domain *d = new_domain(5, 1);

    cr_assert_eq(domain_find(5), d);
    cr_assert_eq(d->refs, 2);
    domain_put(d);
    cr_assert_null(domain_find(6));
    cr_assert_null(domain_find(DOMID_SELF));
    cr_assert_eq(domain_find_any(DOMID_SELF), control);
    domain_put(control);
    cr_assert_eq(domain_find_any(DOMID_IO), dom_io);
    cr_assert_eq(domain_find_any(DOMID_XEN), dom_xen);
    cr_assert_str_eq(d->name, "d5");
}

T(next_goes_up_through_all_and_ends)
{
    domid_t ids[] = {1, 63, 64, 65, 4000, 0x7fef};
    struct domain *d;
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
        new_domain(ids[ARRAY_SIZE(ids) - 1 - i], 1);
    for (domid_t from = 1; (d = domain_next(from)) != NULL; from = (domid_t)(d->id + 1)) {
        cr_assert_eq(d->id, ids[n++]);
        domain_put(d);
    }
    cr_assert_eq(n, ARRAY_SIZE(ids));
}

T(a_late_lookup_of_reused_memory_finds_nothing)
{
    struct domain *old = new_domain(5, 1), *new;

    cr_assert_eq(domain_destroy(old), 0);
    cr_assert(!exists(5));
    new = new_domain(6, 1);
    cr_assert_eq(new, old, "the memory is reused for a domain");
    cr_assert_null(domain_find(5));
    cr_assert(exists(6));
}

/* ---- pausing and shutting down ---- */

T(a_domain_starts_at_its_first_unpause_and_pauses_nest)
{
    struct domain *d = new_domain(5, 1);

    cr_assert_eq(d->state, DOM_BUILDING);
    domain_pause_nosync(d);
    domain_unpause(d);
    cr_assert_eq(d->state, DOM_BUILDING);
    domain_unpause(d);
    cr_assert_eq(d->state, DOM_ALIVE);
    cr_assert(PANICS(domain_unpause(d)));
    d->pause_count = 0;
}

T(shutdown_tells_the_control_domain_once)
{
    struct domain *d = new_domain(5, 1);

    domain_unpause(d);
    domain_shutdown(d, SHUTDOWN_reboot);
    cr_assert(dom_exc_raised());
    domain_shutdown(d, SHUTDOWN_crash);
    cr_assert(!dom_exc_raised());
    cr_assert_eq(d->shutdown_code, SHUTDOWN_reboot);
    cr_assert_eq(fake_machine_shutdown, -1);
    domain_resume(d);
    cr_assert_eq(d->state, DOM_ALIVE);
    domain_shutdown(d, SHUTDOWN_suspend);
    cr_assert_eq(d->shutdown_code, SHUTDOWN_suspend);
}

T(shutdown_of_the_control_domain_is_the_machines)
{
    domain_unpause(control);
    domain_shutdown(control, SHUTDOWN_poweroff);
    cr_assert_eq(fake_machine_shutdown, SHUTDOWN_poweroff);
}

T(a_crash_says_why_once_and_stops_the_domain)
{
    struct domain *d = new_domain(5, 1);

    domain_unpause(d);
    domain_crash(d, "because of %d", 42);
    cr_assert_eq(d->state, DOM_SHUTDOWN);
    cr_assert_eq(d->shutdown_code, SHUTDOWN_crash);
    cr_assert(dom_exc_raised());
    cr_assert_eq(fake_log_lines[LOG_ERR], 1);
    domain_crash(d, "again");
    cr_assert_eq(fake_log_lines[LOG_ERR], 1);
}

/* ---- dying ---- */

static struct vcpu_guest_context context;

/* A guest with a tree of tables it runs on, a second one pinned, a GDT, a vcpu_info of its own, ports and RAM. */
static struct domain *full_domain(void)
{
    struct domain *d = new_domain(5, 2);
    struct evtchn_alloc_unbound port = {.dom = DOMID_SELF, .remote_dom = 0};
    struct tree t = new_tree(d), pinned = new_tree(d);

    for (unsigned i = 0; i < 300; i++)
        table(t.l1)[i] = pte_make(new_page(d), i % 2 ? RW : RO);
    table(pinned.l1)[7] = pte_make(new_page(d), RW);
    cr_assert_eq(table_pin(d, pinned.l4, TYPE_L4), 0);
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel;
    context.ctrlreg[3] = t.l4.n << 12;
    context.ctrlreg[1] = pinned.l4.n << 12;
    cr_assert_eq(vcpu_set_context(d->vcpus[0], &context), 0);
    cr_assert_eq(vcpu_register_info(d->vcpus[1], new_page(d), 256), 0);
    cr_assert_eq(evtchn_alloc_unbound(d, &port), 0);
    cr_assert_eq(frames_audit(), 0);
    return d;
}

T(destruction_gives_every_frame_back)
{
    uint64_t before = heap_free_frames();
    struct domain *d = full_domain();

    cr_assert_lt(heap_free_frames(), before - 300);
    domain_unpause(d);
    cr_assert_eq(domain_destroy(d), 0);
    cr_assert_eq(heap_free_frames(), before);
    cr_assert(!exists(5));
    cr_assert(dom_exc_raised());
    cr_assert_eq(frames_audit(), 0);
}

T(destruction_preempted_all_the_time_still_ends)
{
    uint64_t before = heap_free_frames();
    struct domain *d = full_domain();
    unsigned calls = 0;
    int rc;

    do {
        fake_preempt_after = 0;
        rc = domain_destroy(d);
        fake_preempt_after = -1;
        cr_assert_lt(++calls, 2000);
        cr_assert(rc == 0 || rc == -ERESTART);
        cr_assert_eq(frames_audit(), 0, "after call %u", calls);
    } while (rc);
    cr_assert_gt(calls, 300);
    cr_assert_eq(heap_free_frames(), before);
    cr_assert(!exists(5));
}

T(a_validation_never_finished_of_a_frame_given_back_does_not_keep_a_zombie)
{
    uint64_t before = heap_free_frames();
    struct domain *d = full_domain();
    struct tree t = new_tree(d);
    struct frame *f = frame_of(t.l4);

    table(t.l4)[1] = pte_make(t.l3, PTE_P | PTE_RW);
    cr_assert(frame_get(f, d)); /* as a read-only mapping has one */
    cr_assert(domain_release_frame(d, f));
    fake_preempt_after = 0;
    cr_assert_eq(table_pin(d, t.l4, TYPE_L4), -ERESTART);
    fake_preempt_after = -1;
    frame_put(f);
    cr_assert_eq(frames_audit(), 0);
    cr_assert_eq(domain_destroy(d), 0);
    cr_assert_eq(heap_free_frames(), before);
    cr_assert(!exists(5));
    cr_assert_eq(frames_audit(), 0);
}

T(a_frame_in_foreign_hands_keeps_a_zombie_until_it_is_let_go)
{
    uint64_t before = heap_free_frames();
    struct domain *d = full_domain(), *found;
    struct frame *f = frame_of(MFN(d->pages.tail));

    cr_assert(frame_get(f, d));
    cr_assert_eq(domain_destroy(d), 0);
    found = domain_find(5);
    cr_assert_eq(found, d);
    cr_assert_eq(found->state, DOM_DYING);
    cr_assert_eq(d->tot_pages, 1);
    domain_put(found);
    cr_assert_eq(domain_destroy(d), 0, "destroying a zombie changes nothing");
    cr_assert(dom_exc_raised(), "who holds it is told");
    fake_now += 100 * MS;
    timer_run();
    cr_assert(exists(5));
    cr_assert(domain_is_dead(d));
    cr_assert(!dom_exc_raised());
    frame_put(f);
    fake_now += 100 * MS;
    timer_run(); /* it looks, and is buried */
    timer_run();
    cr_assert(!exists(5));
    cr_assert(dom_exc_raised());
    cr_assert_eq(heap_free_frames(), before);
}

T(a_foreign_mapping_of_shared_info_keeps_a_zombie_too)
{
    struct domain *d = full_domain();
    struct frame *f = frame_of(d->shared_info_mfn);

    cr_assert(frame_get(f, d));
    cr_assert_eq(domain_destroy(d), 0);
    cr_assert(exists(5));
    frame_put(f);
    fake_now += 100 * MS;
    timer_run();
    timer_run();
    cr_assert(!exists(5));
}

T(a_reference_keeps_the_memory_until_it_is_put)
{
    struct domain *d = full_domain();

    domain_get(d);
    cr_assert_eq(domain_destroy(d), 0);
    cr_assert_eq(d->state, DOM_DYING);
    cr_assert_eq(d->refs, 1);
    domain_put(d);
    cr_assert(!exists(5), "no new reference after the last one went");
    timer_run(); /* the reaper */
    cr_assert_eq(d->state, DOM_DEAD);
}

T(a_peer_of_a_dead_domain_finds_its_channel_unbound)
{
    struct domain *d = full_domain();
    struct evtchn_alloc_unbound a = {.dom = DOMID_SELF, .remote_dom = 0};
    struct evtchn_bind_interdomain b = {.remote_dom = 5};
    struct evtchn_status s = {.dom = DOMID_SELF};

    cr_assert_eq(evtchn_alloc_unbound(d, &a), 0);
    b.remote_port = a.port;
    cr_assert_eq(evtchn_bind_interdomain(control, &b), 0);
    cr_assert_eq(domain_destroy(d), 0);
    cr_assert(!exists(5), "the channel's reference went with it");
    s.port = b.local_port;
    cr_assert_eq(evtchn_status(control, &s), 0);
    cr_assert_eq(s.status, EVTCHNSTAT_unbound);
}

T(a_half_validated_table_does_not_outlive_its_domain)
{
    uint64_t before = heap_free_frames();
    struct domain *d = new_domain(5, 1);
    struct tree t = new_tree(d);

    table(t.l4)[1] = pte_make(new_page(d), RW);
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_in_kernel;
    context.ctrlreg[3] = t.l4.n << 12;
    fake_preempt_after = 1;
    cr_assert_eq(vcpu_set_context(d->vcpus[0], &context), -ERESTART);
    fake_preempt_after = -1;
    cr_assert_eq(domain_destroy(d), 0);
    cr_assert_eq(heap_free_frames(), before);
}

T(a_context_preempted_at_any_point_ends_as_if_it_were_not)
{
    for (int after = 0; after < 12; after++) {
        struct domain *d = new_domain((domid_t)(100 + after), 1);
        struct tree t = new_tree(d), u = new_tree(d);
        unsigned calls = 0;
        int rc;

        memset(&context, 0, sizeof(context));
        context.ctrlreg[3] = t.l4.n << 12;
        context.ctrlreg[1] = u.l4.n << 12;
        do {
            fake_preempt_after = after;
            rc = vcpu_set_context(d->vcpus[0], &context);
            fake_preempt_after = -1;
            cr_assert_lt(++calls, 4000);
        } while (rc == -ERESTART);
        cr_assert_eq(rc, 0);
        cr_assert(after > 2 || calls > 1);
        cr_assert_eq(count_of(t.l4), 1);
        cr_assert_eq(count_of(u.l4), 1);
        cr_assert_eq(frames_audit(), 0);
    }
}

T(a_table_that_is_none_leaves_the_vcpu_as_it_was)
{
    struct domain *d = new_domain(5, 1);
    struct tree t = new_tree(d), u = new_tree(d);

    table(u.l4)[3] = pte_make(MFN(1), RW); /* the hypervisor's frame */
    memset(&context, 0, sizeof(context));
    context.ctrlreg[3] = t.l4.n << 12;
    context.ctrlreg[1] = u.l4.n << 12;
    cr_assert_eq(vcpu_set_context(d->vcpus[0], &context), -EINVAL);
    cr_assert_eq(d->vcpus[0]->cr3_kernel | d->vcpus[0]->cr3_user, 0);
    type_drain(d, false);
    cr_assert_eq(refs_of(t.l4), 1);
    cr_assert_eq(frames_audit(), 0);
}

T(vcpu_numbers_are_checked)
{
    struct domain *d = new_domain(5, 1);

    cr_assert_eq(vcpu_create(d, 1, NULL), -EINVAL);
    cr_assert_eq(vcpu_create(d, 0, NULL), -EEXIST);
}

T(wallclock_is_utc_with_the_domains_offset)
{
    struct domain *d = new_domain(5, 1);
    struct shared_info *s = d->shared_info;

    cr_assert_eq(s->wc_sec + ((uint64_t)s->wc_sec_hi << 32), port_wallclock_ns() / 1000000000);
    d->time_offset = -3600;
    time_domain_wallclock(d);
    cr_assert_eq(s->wc_sec, port_wallclock_ns() / 1000000000 - 3600);
    cr_assert_eq(s->wc_version & 1, 0);
}

T(setting_the_clock_moves_every_domain)
{
    struct domain *a = new_domain(5, 1), *b = new_domain(900, 1);
    uint32_t version = b->shared_info->wc_version;

    b->time_offset = 7;
    time_set_wallclock(0x200000003ull * 1000000000 + 11);
    cr_assert_eq(a->shared_info->wc_sec, 3);
    cr_assert_eq(a->shared_info->wc_sec_hi, 2);
    cr_assert_eq(a->shared_info->wc_nsec, 11);
    cr_assert_eq(b->shared_info->wc_sec, 10);
    cr_assert_eq(b->shared_info->wc_version, version + 2);
}
