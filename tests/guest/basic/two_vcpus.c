/* SPDX-License-Identifier: MIT */
/* A second vCPU comes up in the context it was given and answers an event of the first. */
/* TEST-REQUIRES: smp=2 */
#include "harness.h"

static volatile unsigned int ran_on;
static volatile int got_event;

static void on_cpu1(void *arg)
{
    ran_on = smp_self() + *(unsigned int *)arg;
}

static void on_event(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    got_event = 1 + (int)smp_self();
}

static void wait_for_event(void *arg)
{
    (void)arg;
    events_enable();
    events_wait(&got_event, time_ns() + DEADLINE_NS);
    events_disable();
}

TEST("two_vcpus_run", "VCPUOP_initialise and up start a vCPU that runs functions and takes events")
{
    unsigned int bias = 10;
    evtchn_port_t port;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    CHECK_RC(smp_start(1), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    CHECK_RC(smp_start(1), -XEN_EEXIST);

    smp_call(1, on_cpu1, &bias);
    CHECK_EQ(ran_on, 11);

    port = (evtchn_port_t)MUST(evtchn_bind_ipi(1));
    evtchn_set_handler(port, on_event, NULL);
    smp_run(1, wait_for_event, NULL);
    CHECK_RC(evtchn_send(port), 0);
    CHECK(smp_wait(1), "vCPU 1 does not come back");
    CHECK_EQ(got_event, 2);
}
