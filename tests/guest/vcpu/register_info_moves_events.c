/* SPDX-License-Identifier: MIT */
/*
 * After vcpu_info has moved, what it held is in the new place, everything counts as pending once,
 * and events, masks and the clock are found there; the old place is not used any more. [VCPU-3]
 */
#include "harness.h"

static volatile int count;

static void on_event(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    count++;
}

TEST("register_info_moves_events", "events come to the vcpu_info that was registered")
{
    char *page = page_alloc();
    struct vcpu_info *old = this_cpu()->info, *moved = (void *)(page + 512);
    struct vcpu_register_vcpu_info op = {.mfn = va_to_mfn(page), .offset = 512};
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    uint64_t before = time_ns();

    evtchn_set_handler(port, on_event, NULL);
    events_disable();
    CHECK_RC(hypercall_vcpu_op(VCPUOP_register_vcpu_info, 0, &op), 0);
    this_cpu()->info = moved;
    CHECK_EQ(moved->evtchn_upcall_mask, 1);
    CHECK_EQ(moved->evtchn_upcall_pending, 1);
    CHECK_EQ(moved->evtchn_pending_sel, ~0ul);
    CHECK(moved->time.tsc_to_system_mul && !(moved->time.version & 1), "no clock");
    CHECK(time_ns() >= before, "the clock goes backwards");
    events_enable();
    CHECK_EQ(count, 0);

    old->evtchn_upcall_pending = 0;
    old->evtchn_pending_sel = 0;
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(count, 1);
    events_disable();
    CHECK_RC(evtchn_send(port), 0);
    CHECK_EQ(count, 1);
    CHECK_EQ(moved->evtchn_upcall_pending, 1);
    CHECK_EQ(old->evtchn_upcall_pending, 0);
    CHECK_EQ(old->evtchn_pending_sel, 0);
    events_enable();
    CHECK_EQ(count, 2);
}
