/* SPDX-License-Identifier: MIT */
/* A block with nothing pending sleeps until the timer, and the guest's clock has gone on. */
#include "harness.h"

static volatile int fired;

static void on_timer(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    fired++;
}

TEST("block_until_timer", "a blocked vCPU is woken by its timer, and only by it")
{
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_virq(VIRQ_TIMER, 0));
    uint64_t at = time_ns() + 50 * NS_PER_MS;
    struct vcpu_set_singleshot_timer set = {.timeout_abs_ns = at};
    unsigned int blocks = 0;

    MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    events_disable();
    evtchn_set_handler(port, on_timer, NULL);
    evtchn_clear(port);
    this_cpu()->info->evtchn_pending_sel = 0;
    this_cpu()->info->evtchn_upcall_pending = 0;
    CHECK_RC(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &set), 0);
    while (!fired && ++blocks < 100)
        CHECK_RC(hypercall_sched_op(SCHEDOP_block, NULL), 0);
    CHECK(time_ns() >= at, "woken %lu ns too early", at - time_ns());
    CHECK_EQ(fired, 1);
    CHECK_EQ(blocks, 1);
}
