/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/* A vCPU that takes itself down stops there, and goes on behind its call when it is brought up. */
#include "harness.h"

static volatile int stage;

static void down_myself(void *arg)
{
    (void)arg;
    stage = 1;
    MUST(hypercall_vcpu_op(VCPUOP_down, 1, NULL));
    stage = 2;
}

TEST("down_and_up", "a vCPU that was taken down goes on where it stopped when it is brought up")
{
    uint64_t until;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    smp_run(1, down_myself, NULL);
    until = time_ns() + DEADLINE_NS;
    while (hypercall_vcpu_op(VCPUOP_is_up, 1, NULL) && time_ns() < until)
        sched_yield();
    CHECK_RC(hypercall_vcpu_op(VCPUOP_is_up, 1, NULL), 0);
    for (until = time_ns() + 20 * NS_PER_MS; time_ns() < until;)
        sched_yield();
    CHECK_EQ(stage, 1);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_down, 1, NULL), 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_up, 1, NULL), 0);
    CHECK(smp_wait(1), "vCPU 1 does not come back");
    CHECK_EQ(stage, 2);

    /* By another vCPU, in the middle of its poll. */
    CHECK_RC(hypercall_vcpu_op(VCPUOP_down, 1, NULL), 0);
    stage = 0;
    smp_run(1, down_myself, NULL);
    for (until = time_ns() + 20 * NS_PER_MS; time_ns() < until;)
        sched_yield();
    CHECK_EQ(stage, 0);
    CHECK_RC(hypercall_vcpu_op(VCPUOP_up, 1, NULL), 0);
    for (until = time_ns() + DEADLINE_NS; !stage && time_ns() < until;)
        sched_yield();
    CHECK_EQ(stage, 1);
}
