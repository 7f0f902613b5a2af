/* SPDX-License-Identifier: MIT */
/* Two vCPUs on one physical CPU that wake each other: what a request to a back end and its answer cost there. */
#include "bench.h"

#define TURNS 200

static evtchn_port_t ports[2];
static volatile int over;

static void answer(void *arg)
{
    (void)arg;
    while (!over) {
        MUST(sched_poll(&ports[1], 1, 0));
        evtchn_clear(ports[1]);
        MUST(evtchn_send(ports[0]));
    }
}

static long there_and_back(void)
{
    long rc = evtchn_send(ports[1]) | sched_poll(&ports[0], 1, 0);

    return rc | !evtchn_clear(ports[0]);
}

void bench_switches(void)
{
    bool enabled = events_save();

    MUST(smp_start(1));
    for (unsigned int n = 0; n < 2; n++) /* without a periodic tick, as Linux has it */
        MUST(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, n, NULL));
    for (unsigned int n = 0; n < 2; n++)
        ports[n] = (evtchn_port_t)MUST(evtchn_bind_ipi(n));
    smp_run(1, answer, NULL);
    BENCH("vcpu_switch", TURNS, rc |= there_and_back());
    over = 1;
    MUST(there_and_back());
    events_restore(enabled);
}
