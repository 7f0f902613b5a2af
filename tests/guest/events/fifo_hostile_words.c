/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * Words and control block are the guest's: another vCPU writes all of them over and over while events are
 * sent. Events may be lost, and that is all.
 */
#include "fifo.h"
#include "ports.h"

static volatile int enough;
static volatile unsigned int rounds;

static void scribble(void *arg)
{
    uint32_t x = 0x12345678, *control = (uint32_t *)fifo_control(0);

    (void)arg;
    for (rounds = 0; !enough; rounds++) {
        x = x * 1664525 + 1013904223;
        *fifo_word(1 + x / 65536 % 16) = x ^ x << 13;
        ((volatile uint32_t *)control)[x / 4096 % 18] = x;
    }
    /* Down, since the reset at the end also closes the port that a waiting vCPU polls. */
    hypercall_vcpu_op(VCPUOP_down, 1, NULL);
}

TEST("fifo_hostile_words", "garbage in FIFO words and control blocks harms nobody")
{
    evtchn_port_t port[8];

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    events_disable();
    MUST(smp_start(1));
    fifo_start(2);
    fifo_expand();
    for (unsigned int i = 0; i < 8; i++)
        port[i] = ipi_port(i % 2);
    smp_run(1, scribble, NULL);
    for (unsigned int i = 0; i < 20000; i++) {
        CHECK_RC(evtchn_send(port[i % 8]), 0);
        CHECK_RC(evtchn_unmask(port[(i + 3) % 8]), 0);
        if (i % 16 == 0)
            CHECK_RC(fifo_set_priority(port[i % 8], i / 16 % 16), 0);
    }
    enough = 1;
    while (hypercall_vcpu_op(VCPUOP_is_up, 1, NULL) == 1)
        hypercall_sched_op(SCHEDOP_yield, NULL);
    CHECK(rounds, "nothing was written");
    CHECK_RC(hypercall_event_channel_op(EVTCHNOP_reset, &(struct evtchn_reset){.dom = DOMID_SELF}), 0);
}
