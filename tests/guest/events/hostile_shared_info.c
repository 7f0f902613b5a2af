/* SPDX-License-Identifier: MIT */
/*
 * The guest fills its bitmaps, selector and vcpu_info of absent vCPUs with ones and goes through
 * the operations. A pass: nothing happens to anybody, and when it has cleaned up events work again.
 * [EVT-5] */
#include "ports.h"

static volatile int count;

static void fill(int byte)
{
    memset(shared_info->evtchn_pending, byte, sizeof(shared_info->evtchn_pending));
    memset(shared_info->evtchn_mask, ~byte, sizeof(shared_info->evtchn_mask));
    this_cpu()->info->evtchn_pending_sel = byte ? ~0ul : 0;
    for (unsigned int i = 1; i < XEN_LEGACY_MAX_VCPUS; i++) {
        memset(&shared_info->vcpu_info[i].evtchn_pending_sel, byte, 8);
        shared_info->vcpu_info[i].evtchn_upcall_pending = (uint8_t)byte;
        shared_info->vcpu_info[i].evtchn_upcall_mask = (uint8_t)~byte;
    }
}

TEST("hostile_shared_info", "bits that a guest sets in shared_info harm nobody, not even itself")
{
    evtchn_port_t offered, bound = loopback(&offered), ipi = ipi_port(0);

    evtchn_set_handler(ipi, count_event, (void *)&count);
    events_disable();
    fill(0xff);
    CHECK_RC(evtchn_send(ipi), 0);
    CHECK_RC(evtchn_send(bound), 0);
    CHECK_RC(evtchn_unmask(NR_PORTS - 1), -XEN_EINVAL);
    CHECK_RC(evtchn_close(bound), 0);
    CHECK(!evtchn_pending(bound), "the closed port is pending");
    sched_yield();
    /* Every pending port: the upcall finds no handler for any but ours. */
    this_cpu()->info->evtchn_upcall_pending = 1;
    CHECK_EQ(count, 0);
    events_enable();
    CHECK_EQ(count, 1);

    fill(0);
    CHECK_RC(evtchn_unmask(ipi), 0);
    CHECK_RC(evtchn_send(ipi), 0);
    CHECK_EQ(count, 2);
}
