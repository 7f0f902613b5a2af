/* SPDX-License-Identifier: MIT */
/*
 * set_callbacks is callback_op's ancestor: event, failsafe and syscall at once. Its result is that
 * of the three calls; the syscall callback then masks no events.
 */
#include "catch.h"
#include "usercode.h"

USER_CODE(call, "syscall\n\tud2\n");

static struct user u;
extern const char entry_event[], entry_failsafe[];

static void enter(void *arg)
{
    (void)arg;
    user_run(&u.as, &u.regs);
}

TEST("set_callbacks_sets_three", "set_callbacks sets event, failsafe and syscall callbacks")
{
    unsigned long event = (unsigned long)entry_event, failsafe = (unsigned long)entry_failsafe;
    unsigned long bad = 0x800000000000;
    evtchn_port_t port = (evtchn_port_t)MUST(evtchn_bind_ipi(0));
    unsigned long upcalls;

    u = user_make(call_begin, call_end);
    CHECK_RC(hypercall_set_callbacks(event, failsafe, (unsigned long)catch_entry), 0);
    CHECK(catch_run(enter, NULL), "no syscall");
    CHECK(events_enabled(), "the syscall callback masked events");
    CHECK_EQ(caught.slot[CAUGHT_CS], FLAT_USER_CS64);

    evtchn_unmask(port);
    upcalls = events_upcalls();
    evtchn_send(port);
    CHECK_EQ(events_upcalls(), upcalls + 1);

    CHECK_RC(hypercall_set_callbacks(event, failsafe, bad), 0);
    CHECK_RC(hypercall_set_callbacks(event, bad, 0), 0);
    CHECK_RC(hypercall_set_callbacks(bad, failsafe, 0), 0);
    upcalls = events_upcalls();
    evtchn_send(port);
    CHECK_EQ(events_upcalls(), upcalls + 1);
}
