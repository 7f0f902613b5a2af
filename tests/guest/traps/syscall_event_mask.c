/* SPDX-License-Identifier: MIT */
/* CALLBACKF_mask_events decides whether the syscall callback starts with events masked. [TRAP-6] */
#include "catch.h"
#include "usercode.h"

USER_CODE(call, "syscall\n\tud2\n");

static struct user u;

static void enter(void *arg)
{
    (void)arg;
    u.regs.rip = USER_BASE;
    user_run(&u.as, &u.regs);
}

static void register_syscall(unsigned int flags)
{
    struct callback_register cb = {
        .type = CALLBACKTYPE_syscall,
        .flags = (uint16_t)flags,
        .address = (unsigned long)catch_entry,
    };

    CHECK_RC(hypercall_callback_op(CALLBACKOP_register, &cb), 0);
}

TEST("syscall_event_mask", "the syscall callback masks events only if it was registered so")
{
    u = user_make(call_begin, call_end);
    register_syscall(0);
    CHECK(catch_run(enter, NULL), "no syscall");
    CHECK(events_enabled(), "events are masked without the flag");
    CHECK_EQ(caught.slot[CAUGHT_CS], FLAT_USER_CS64);

    register_syscall(CALLBACKF_mask_events);
    CHECK(catch_run(enter, NULL), "no syscall");
    CHECK(!events_enabled(), "events are enabled with the flag");
    CHECK_EQ(caught.slot[CAUGHT_CS], FLAT_USER_CS64);
    CHECK(caught.slot[CAUGHT_RFLAGS] & RFLAGS_IF, "IF is clear in the frame");
}
