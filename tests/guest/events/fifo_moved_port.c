/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=2 */
/*
 * bind_vcpu while the port waits in a queue: the event stays there, the next one goes to the other vCPU,
 * which need not be up to have a control block.
 */
#include "fifo.h"
#include "ports.h"

TEST("fifo_moved_port", "a FIFO port moved while linked goes to the new vCPU with its next event")
{
    evtchn_port_t offered, bound, other, sender;

    if (smp_count() < 2)
        SKIP("this domain has one vCPU");
    events_disable();
    bound = loopback(&offered);
    sender = loopback(&other);
    fifo_start(2);
    fifo_expand();
    while (fifo_take(0))
        ;
    fifo_unmask(offered);
    fifo_unmask(other);
    CHECK_RC(evtchn_send(bound), 0);
    CHECK_RC(evtchn_bind_vcpu(offered, 1), 0);
    CHECK_RC(evtchn_send(bound), 0);
    CHECK_EQ(fifo_take(1), 0);
    CHECK_EQ(fifo_take(0), offered);
    CHECK_RC(evtchn_send(bound), 0);
    CHECK_RC(evtchn_send(sender), 0);
    CHECK_EQ(fifo_take(1), offered);
    CHECK_EQ(fifo_take(1), 0);
    CHECK_EQ(fifo_take(0), other);
    CHECK_EQ(fifo_take(0), 0);
}
