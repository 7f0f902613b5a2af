/* SPDX-License-Identifier: MIT */
/* Bit 2 of a table entry's flags decides whether the handler starts with events masked. [TRAP-3] */
#include "catch.h"

static void ud(void *arg)
{
    (void)arg;
    asm volatile("ud2");
}

TEST("trap_flag_masks_events", "a trap masks events if its table entry says so, and else does not")
{
    catch_vector(TRAP_UD, 0);
    CHECK(catch_run(ud, NULL), "ud2 does not trap");
    CHECK(events_enabled(), "events are masked without the flag");

    catch_vector(TRAP_UD, TI_MASK_EVENTS);
    CHECK(catch_run(ud, NULL), "ud2 does not trap");
    CHECK(!events_enabled(), "events are enabled with the flag");

    /* The flag only sets the mask: without it a mask that is set stays. */
    catch_vector(TRAP_UD, 0);
    CHECK(catch_run(ud, NULL), "ud2 does not trap");
    CHECK(!events_enabled(), "a trap without the flag unmasked events");
    CHECK_EQ(caught.slot[CAUGHT_CS] >> 32, 1);
}
