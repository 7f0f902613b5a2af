/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "turn.h"
#include <sched.h>
#include <sys/resource.h>

#define NICE (-10)

static unsigned streams;
static bool waits;

static void set_class(int class)
{
    sched_setscheduler(0, class | SCHED_RESET_ON_FORK, &(struct sched_param){0}); /* not its scripts and programs */
}

void turn_start(void)
{
    set_class(SCHED_OTHER);
    setpriority(PRIO_PROCESS, 0, NICE);
}

void turn_round(bool stream)
{
    if (stream)
        streams = streams < TURN_MOST - TURN_STREAM ? streams + TURN_STREAM : TURN_MOST;
    else if (streams)
        streams--;
    if (waits ? streams : streams < TURN_BEGUN)
        return;
    waits = !waits;
    set_class(waits ? SCHED_BATCH : SCHED_OTHER);
}
