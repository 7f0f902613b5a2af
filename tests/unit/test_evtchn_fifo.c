/* SPDX-License-Identifier: MIT */
/* Checks [EVT-10] [EVT-11] [EVT-12]. */
/*
 * LINK: core/domain.c core/domain_death.c core/obituary.c core/vcpu.c core/vcpu_context.c core/sched.c core/sched_credit.c core/sched_rr.c core/sched_audit.c
 * LINK: core/timer.c core/time.c core/watchdog.c core/tlb.c core/frame.c core/heap.c core/pagetype.c core/entry.c core/log_dirty.c core/memory.c
 * LINK: core/frame_audit.c core/evtchn.c core/evtchn_bind.c core/evtchn_fifo.c core/grant.c core/grant_map.c core/grant_copy.c
 */
/* FIFO event channels of domains that own real frames, which the audit counts. */
#include <criterion/criterion.h>
#include "start.h"
#include "tables.h"
#include "core/evtchn.h"
#include "core/sched.h"

#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED  (1u << EVTCHN_FIFO_MASKED)
#define LINKED  (1u << EVTCHN_FIFO_LINKED)
#define BUSY    (1u << EVTCHN_FIFO_BUSY)
#define WORDS   (PAGE_SIZE / sizeof(event_word_t))

static struct domain *d0, *d1; /* d0 is privileged and two-level; d1 has two vcpus */

static void setup(void)
{
    core_start();
    d0 = new_domain(0, 1);
    d1 = new_domain(1, 2);
    fake_current = d1->vcpus[0];
}

static void audit(void)
{
    cr_assert_eq(evtchn_audit(d0), 0);
    cr_assert_eq(evtchn_audit(d1), 0);
    cr_assert_eq(frames_audit(), 0);
}

TestSuite(evtchn_fifo, .init = setup, .fini = audit);
#define T(name) Test(evtchn_fifo, name)

static mfn_t control[2], pages[128];

static int init_control(unsigned vcpu, mfn_t m, unsigned offset)
{
    struct evtchn_init_control a = {.control_gfn = m.n, .offset = offset, .vcpu = vcpu};
    int rc = evtchn_init_control(d1, &a);

    cr_assert_eq(a.link_bits, rc ? a.link_bits : 17);
    return rc;
}

static int expand(mfn_t m)
{
    struct evtchn_expand_array a = {.array_gfn = m.n};

    return evtchn_expand_array(d1, &a);
}

static void start(void)
{
    for (unsigned i = 0; i < 2; i++) {
        control[i] = new_page(d1);
        cr_assert_eq(init_control(i, control[i], 8 * i), 0);
    }
    pages[0] = new_page(d1);
    cr_assert_eq(expand(pages[0]), 0);
    audit();
}

static struct evtchn_fifo_control_block *block(unsigned vcpu)
{
    return (void *)((uint8_t *)frame_va(control[vcpu]) + 8 * vcpu);
}

static event_word_t *word(evtchn_port_t port)
{
    return (event_word_t *)frame_va(pages[port / WORDS]) + port % WORDS;
}

static evtchn_port_t ipi(unsigned vcpu)
{
    struct evtchn_bind_ipi a = {.vcpu = vcpu};

    cr_assert_eq(evtchn_bind_ipi(d1, &a), 0);
    return a.port;
}

static int priority(evtchn_port_t port, unsigned p)
{
    struct evtchn_set_priority a = {.port = port, .priority = p};

    return evtchn_set_priority(d1, &a);
}

static void send(evtchn_port_t port)
{
    cr_assert_eq(evtchn_send(d1, port), 0);
    cr_assert_eq(evtchn_audit(d1), 0);
}

/* What a guest does that begins a queue: the head, no longer linked nor pending; its link. */
static uint32_t take(unsigned vcpu, unsigned p, evtchn_port_t head)
{
    event_word_t w = *word(head);

    cr_assert_eq(block(vcpu)->head[p], head);
    block(vcpu)->ready &= ~(1u << p);
    *word(head) = 0;
    return w & EVTCHN_FIFO_LINK_MASK;
}

static bool upcall(unsigned vcpu)
{
    return __atomic_exchange_n(&d1->vcpus[vcpu]->info->evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
}

/* ---- queues ---- */

T(events_of_a_queue_are_linked_and_only_the_first_makes_an_upcall)
{
    evtchn_port_t a = ipi(0), b = ipi(0), c = ipi(0);

    start();
    upcall(0);
    send(b);
    cr_assert(upcall(0));
    send(a);
    send(c);
    send(a);
    cr_assert_not(upcall(0));
    cr_assert_eq(block(0)->ready, 1u << 7);
    cr_assert_eq(block(0)->head[7], b);
    cr_assert_eq(*word(b), (PENDING | LINKED | a));
    cr_assert_eq(*word(a), (PENDING | LINKED | c));
    cr_assert_eq(*word(c), (PENDING | LINKED));
}

T(a_queue_that_was_taken_begins_anew)
{
    evtchn_port_t a = ipi(0), b = ipi(0);

    start();
    send(a);
    cr_assert_eq(take(0, 7, a), 0);
    upcall(0);
    send(b);
    cr_assert(upcall(0));
    cr_assert_eq(block(0)->head[7], b);
    cr_assert_eq(*word(a), 0, "a taken word is not linked to");
    take(0, 7, b);
    send(b);
    cr_assert_eq(*word(b), (PENDING | LINKED), "not to itself either");
}

T(a_port_moves_to_its_new_queue_with_its_next_event_and_leaves_the_old_one_whole)
{
    evtchn_port_t a = ipi(0), b = ipi(0);

    start();
    send(a);
    cr_assert_eq(priority(a, 3), 0);
    cr_assert_eq(block(0)->ready, 1u << 7);
    take(0, 7, a);
    send(a);
    cr_assert_eq(block(0)->ready, 1u << 3);
    send(b);
    cr_assert_eq(*word(a), (PENDING | LINKED), "b is in another queue");
    cr_assert_eq(block(0)->head[7], b);
}

T(a_moved_channel_goes_to_the_queues_of_its_new_vcpu)
{
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = 0};
    struct evtchn_bind_interdomain b = {.remote_dom = 1};

    start();
    cr_assert_eq(evtchn_alloc_unbound(d1, &u), 0);
    b.remote_port = u.port;
    cr_assert_eq(evtchn_bind_interdomain(d0, &b), 0);
    cr_assert_eq(evtchn_send(d0, b.local_port), 0);
    cr_assert_eq(evtchn_bind_vcpu(d1, u.port, 1), 0);
    cr_assert_eq(evtchn_send(d0, b.local_port), 0);
    cr_assert_eq(block(1)->ready, 0);
    take(0, 7, u.port);
    cr_assert_eq(evtchn_send(d0, b.local_port), 0);
    cr_assert_eq(block(1)->head[7], u.port);
    cr_assert_eq(block(0)->ready, 0);
    audit();
}

T(masked_events_are_pending_only_and_unmask_links_them)
{
    evtchn_port_t a = ipi(0);

    start();
    *word(a) = MASKED;
    send(a);
    cr_assert_eq(*word(a), (PENDING | MASKED));
    cr_assert(evtchn_port_pending(d1, a));
    cr_assert_eq(evtchn_unmask(d1, a), 0);
    cr_assert_eq(*word(a), (PENDING | LINKED));
    cr_assert_eq(evtchn_close(d1, a), 0);
    *word(a) = PENDING | MASKED;
    cr_assert_eq(evtchn_unmask(d1, a), 0);
    cr_assert_eq(*word(a), (PENDING | MASKED), "a closed port's word is the guest's");
}

T(a_closed_port_is_given_out_again_only_when_it_was_taken)
{
    evtchn_port_t a = ipi(0), b;

    start();
    send(a);
    cr_assert_eq(evtchn_close(d1, a), 0);
    cr_assert_eq(*word(a), LINKED);
    audit();
    b = ipi(0);
    cr_assert_neq(a, b);
    audit();
    *word(a) = 0;
    cr_assert_eq(ipi(0), a);
}

T(a_poller_is_woken_by_a_masked_event)
{
    evtchn_port_t a = ipi(0);
    struct vcpu *v = d1->vcpus[1];

    start();
    *word(a) = MASKED;
    vcpu_poll_begin(v);
    send(a);
    cr_assert_not(v->blocked);
    cr_assert_eq(v->poll_ports, 0);
    cr_assert_eq(d1->evtchn.pollers, 0, "nobody looks for pollers any more");
}

/* ---- what a guest may not do ---- */

T(whatever_stands_in_words_and_control_blocks_is_only_the_guests_own_loss)
{
    static const event_word_t evil[] = {0, ~0u, LINKED, LINKED | BUSY, PENDING, LINKED | EVTCHN_FIFO_LINK_MASK, BUSY};
    evtchn_port_t port[4] = {ipi(0), ipi(1), ipi(0), ipi(1)};
    uint32_t x = 1;

    start();
    for (unsigned i = 0; i < 1000; i++) {
        x = x * 1664525 + 1013904223;
        *word(port[x >> 30]) = evil[(x >> 8) % ARRAY_SIZE(evil)];
        ((uint32_t *)block(x >> 20 & 1))[(x >> 12) % 18] = x;
        send(port[x >> 28 & 3]);
        cr_assert_eq(evtchn_unmask(d1, port[x >> 26 & 3]), 0);
        cr_assert_eq(priority(port[x >> 24 & 3], x >> 4 & 15), 0);
        if (x % 32 == 0) {
            cr_assert_eq(evtchn_close(d1, port[0]), 0);
            port[0] = ipi(0);
        }
    }
}

T(frames_that_will_not_do_are_refused_and_leave_nothing_behind)
{
    struct tree t = new_tree(d1);
    mfn_t foreign = new_page(d0), m = new_page(d1);

    cr_assert_eq(table_pin(d1, t.l4, TYPE_L4), 0);
    cr_assert_eq(expand(m), -EOPNOTSUPP);
    cr_assert_eq(init_control(0, t.l4, 0), -EINVAL);
    cr_assert_eq(init_control(0, foreign, 0), -EINVAL);
    cr_assert_eq(init_control(0, MFN_INVALID, 0), -EINVAL);
    cr_assert_eq(init_control(0, m, PAGE_SIZE - 64), -EINVAL);
    cr_assert_eq(init_control(0, m, 4), -EINVAL);
    cr_assert_eq(init_control(2, m, 0), -ENOENT);
    cr_assert(d1->evtchn.flat, "still two levels");
    audit();
    start();
    cr_assert_eq(init_control(0, m, 0), -EINVAL, "the second one");
    cr_assert_eq(expand(t.l1), -EINVAL);
    cr_assert_eq(expand(MFN_INVALID), -EINVAL);
    cr_assert_neq(table_pin(d1, pages[0], TYPE_L1), 0);
    cr_assert_neq(table_pin(d1, control[1], TYPE_L1), 0);
    audit();
    cr_assert_eq(table_unpin(d1, t.l4), 0);
    cr_assert_eq(type_drain(d1, false), 0);
}

T(priorities_are_refused_as_by_xen)
{
    evtchn_port_t a = ipi(0);

    cr_assert_eq(priority(a, 3), -ENOSYS);
    cr_assert_eq(priority(1u << 17, 3), -EINVAL);
    start();
    cr_assert_eq(priority(a, 15), 0);
    cr_assert_eq(priority(a, 16), -EINVAL);
    cr_assert_eq(priority(a + 1, 3), -EACCES);
    cr_assert_eq(priority(0, 3), -EACCES);
    cr_assert_eq(priority(200, 3), -EINVAL);
}

/* ---- many ports ---- */

T(a_domain_has_131071_ports_and_no_more_and_its_death_can_be_interrupted)
{
    struct evtchn_bind_ipi a = {.vcpu = 1};
    unsigned calls = 0;
    int rc;

    start();
    for (unsigned i = 1; i < 128; i++) {
        pages[i] = new_page(d1);
        cr_assert_eq(expand(pages[i]), 0);
    }
    cr_assert_eq(expand(new_page(d1)), -ENOSPC);
    for (unsigned i = 1; i < 1u << 17; i++) {
        cr_assert_eq(evtchn_bind_ipi(d1, &a), 0);
        cr_assert_eq(a.port, i);
    }
    cr_assert_eq(evtchn_bind_ipi(d1, &a), -ENOSPC);
    send(131071);
    send(4096);
    cr_assert_eq(*word(131071), (PENDING | LINKED | 4096));
    audit();
    do {
        fake_preempt_after = 0;
        rc = evtchn_domain_close_all(d1);
        calls++;
    } while (rc == -ERESTART);
    fake_preempt_after = -1;
    cr_assert_eq(rc, 0);
    cr_assert_eq(calls, (1 << 17) / 64);
    cr_assert_eq(d1->evtchn.used, 1);
}

T(the_limit_of_a_domain_holds_in_both_forms)
{
    struct evtchn_bind_ipi a = {.vcpu = 0};

    d1->evtchn.max_port = 5000;
    for (unsigned i = 1; i < 4096; i++)
        ipi(0);
    cr_assert_eq(evtchn_bind_ipi(d1, &a), -ENOSPC);
    start();
    for (unsigned i = 4096; i <= 5000; i++)
        cr_assert_eq(ipi(0), i);
    cr_assert_eq(evtchn_bind_ipi(d1, &a), -ENOSPC);
    send(4999); /* there is no word for it */
    pages[1] = pages[2] = pages[3] = pages[4] = new_page(d1);
    for (unsigned i = 1; i < 5; i++)
        cr_assert_eq(expand(pages[i]), 0, "one frame may serve twice");
    cr_assert_eq(block(0)->head[7], 4999);
}

/* ---- from one form to the other ---- */

T(what_is_pending_in_two_levels_comes_with_the_words)
{
    evtchn_port_t a = ipi(0), b = ipi(1), c = ipi(0), far;
    struct evtchn_alloc_unbound u = {.dom = DOMID_SELF, .remote_dom = 0};
    struct evtchn_bind_interdomain i = {.remote_dom = 1};

    cr_assert_eq(evtchn_alloc_unbound(d1, &u), 0);
    i.remote_port = far = u.port;
    cr_assert_eq(evtchn_bind_interdomain(d0, &i), 0);
    cr_assert_eq(evtchn_send(d0, i.local_port), 0);
    send(a);
    control[0] = new_page(d1);
    control[1] = new_page(d1);
    cr_assert_eq(init_control(0, control[0], 0), 0);
    cr_assert_eq(init_control(1, control[1], 8), 0);
    send(b);
    cr_assert_not(evtchn_port_pending(d1, a), "there is no word yet");
    cr_assert_eq(d1->shared_info->evtchn_pending[0], 0);
    audit();
    pages[0] = new_page(d1);
    *(event_word_t *)((uint8_t *)frame_va(pages[0]) + 4 * b) = MASKED;
    cr_assert_eq(expand(pages[0]), 0);
    cr_assert_eq(*word(a), (PENDING | LINKED | far));
    cr_assert_eq(*word(far), (PENDING | LINKED));
    cr_assert_eq(*word(b), (PENDING | MASKED));
    cr_assert_eq(*word(c), 0);
}

T(a_vcpu_without_control_block_gets_no_events)
{
    evtchn_port_t a = ipi(1);

    control[0] = new_page(d1);
    pages[0] = new_page(d1);
    cr_assert_eq(init_control(0, control[0], 0), 0);
    cr_assert_eq(expand(pages[0]), 0);
    send(a);
    *word(a) = PENDING | MASKED;
    cr_assert_eq(evtchn_unmask(d1, a), 0);
    cr_assert_eq(*word(a), PENDING);
}

T(reset_gives_the_frames_back_and_two_levels_work_as_before)
{
    struct evtchn_reset self = {.dom = DOMID_SELF};
    evtchn_port_t a = ipi(0);

    for (unsigned round = 0; round < 3; round++) {
        start();
        while (ipi(1) < 5000)
            ;
        send(a);
        fake_preempt_after = 0;
        cr_assert_eq(evtchn_reset(d1, &self), -ERESTART);
        fake_preempt_after = -1;
        audit();
        cr_assert_eq(evtchn_reset(d1, &self), 0);
        audit();
        cr_assert_eq(refs_of(pages[0]), 1);
        cr_assert_eq(refs_of(control[1]), 1);
        cr_assert_eq(expand(pages[0]), -EOPNOTSUPP);
        cr_assert_eq(evtchn_unmask(d1, 5000), 0, "a port that was");
        cr_assert_not(evtchn_port_pending(d1, 5000));
        a = ipi(0);
        send(a);
        cr_assert_eq(d1->shared_info->evtchn_pending[0], BIT(a));
        d1->shared_info->evtchn_pending[0] = 0;
        cr_assert_eq(d1->evtchn.used, 2);
    }
}

T(a_reset_that_finds_new_ports_behind_it_says_so)
{
    struct evtchn_reset self = {.dom = DOMID_SELF};

    start();
    while (ipi(0) < 300)
        ;
    fake_preempt_after = 0;
    cr_assert_eq(evtchn_reset(d1, &self), -ERESTART);
    fake_preempt_after = -1;
    cr_assert_eq(ipi(0), 1);
    cr_assert_eq(evtchn_reset(d1, &self), -EAGAIN);
    cr_assert_not(d1->evtchn.flat, "still FIFO");
    audit();
    cr_assert_eq(evtchn_reset(d1, &self), 0);
    cr_assert(d1->evtchn.flat);
}

T(death_gives_everything_back)
{
    uint64_t before;
    struct domain *d = d1;

    fake_current = d0->vcpus[0];
    start();
    while (ipi(0) < 4200)
        ;
    send(4096 - 1024 * 4 + 7);
    before = heap_free_frames();
    d1 = d0; /* for the audit at the end */
    cr_assert_eq(domain_destroy(d), 0);
    cr_assert_gt(heap_free_frames(), before);
    cr_assert_null(domain_find(1));
}
