/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * One vCPU sends on two ports without end while the other binds, connects and closes them. A pass:
 * sends work or are refused, never anything else, and afterwards the ports are as good as new.
 */
#include "ports.h"

#define ROUNDS 1000

static volatile evtchn_port_t first;
static volatile bool over, wrong;
static volatile unsigned long sent, refused;

static void send_all(void *arg)
{
    (void)arg;
    while (!over)
        for (unsigned int i = 0; i < 2; i++) {
            long rc = evtchn_send(first + i);

            if (rc == 0)
                sent++;
            else if (rc == -XEN_EINVAL)
                refused++;
            else
                wrong = true;
        }
}

/* Until the sender has seen the present state; only now and then, so that it also sees none. */
static void let_see(int round, const volatile unsigned long *counter)
{
    uint64_t deadline = time_ns() + DEADLINE_NS;
    unsigned long before = *counter;

    while (round % 16 == 0 && *counter == before)
        CHECK(time_ns() < deadline, "vCPU 1 does not send");
}

TEST("close_while_sending", "ports can be bound and closed while another vCPU sends on them")
{
    evtchn_port_t offered;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    MUST(smp_start(1));
    first = unbound_port();
    CHECK_RC(evtchn_close(first), 0);
    smp_run(1, send_all, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        evtchn_port_t bound = loopback(&offered);

        CHECK(offered == first && bound == first + 1, "ports %u and %u", offered, bound);
        let_see(i, &sent);
        CHECK_RC(evtchn_close(i & 1 ? offered : bound), 0);
        CHECK_RC(evtchn_close(i & 1 ? bound : offered), 0);
        let_see(i, &refused);
    }
    over = true;
    CHECK(smp_wait(1), "vCPU 1 does not come back");
    CHECK(!wrong, "a send gave something else than 0 or EINVAL");
    CHECK_EQ(port_state(first), EVTCHNSTAT_closed);
    loopback(&offered);
    CHECK_EQ(offered, first);
    CHECK(!evtchn_pending(offered), "the new port is pending");
}
