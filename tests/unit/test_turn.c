/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/turn.c */
/* The class in which Linux schedules pxbackd: it waits for the sender of a stream, and for nobody else. */
#define _GNU_SOURCE
#include "dom0/backend/turn.h"
#include <criterion/criterion.h>
#include <sched.h>
#include <sys/resource.h>

static int class, changes, nice_is;

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *p)
{
    cr_assert(!pid && !p->sched_priority && policy & SCHED_RESET_ON_FORK);
    class = policy & ~SCHED_RESET_ON_FORK;
    changes++;
    return 0;
}

int setpriority(__priority_which_t which, id_t who, int nice)
{
    cr_assert(which == PRIO_PROCESS && !who);
    nice_is = nice;
    return 0;
}

static void setup(void)
{
    turn_start();
    changes = 0;
}

TestSuite(turn, .init = setup);

static void rounds(unsigned n, bool stream)
{
    while (n--)
        turn_round(stream);
}

Test(turn, it_begins_before_others)
{
    cr_assert(class == SCHED_OTHER && nice_is < 0);
    rounds(1000, false);
    cr_assert_eq(changes, 0);
}

Test(turn, a_streams_sender_is_waited_for)
{
    rounds(TURN_BEGUN, true);
    cr_assert(class == SCHED_BATCH && changes == 1);
    for (unsigned i = 0; i < 1000; i++) {
        rounds(1, true);
        rounds(2, false); /* acknowledgements */
    }
    cr_assert(class == SCHED_BATCH && changes == 1);
}

Test(turn, after_a_stream_it_is_as_before)
{
    rounds(1000, true);
    rounds(TURN_MOST, false);
    cr_assert(class == SCHED_OTHER && changes == 2);
    rounds(1, true);
    cr_assert_eq(changes, 2);
}

Test(turn, a_segment_now_and_then_is_no_stream)
{
    for (unsigned i = 0; i < 1000; i++) {
        rounds(1, true);
        rounds(TURN_STREAM, false);
    }
    cr_assert_eq(changes, 0);
}
