/* SPDX-License-Identifier: MIT */
/*
 * When this process gets a processor that other tasks of Dom0 want.
 *
 * All guests wait for it, and whom it hands something to, a program that receives for one, shall not take its place before it has done a
 * whole batch: so its priority is high, and who is woken takes the processor from tasks of less. Where a task of Dom0's sends a stream to
 * a guest, that would be at each segment: it and its receiver would change places for every single one. A task of Linux's class "batch" has
 * the same share, but waits until the sender does, or for the next tick: so it finds many. Only a stream is waited for so; the disks
 * of others shall not wait for ticks of a busy Dom0.
 */
#ifndef BACKEND_TURN_H
#define BACKEND_TURN_H

#include <stdbool.h>

enum {
    TURN_STREAM = 4, /* a round with a stream's segments counts as so many without */
    TURN_BEGUN = 16, /* by these it is a stream */
    TURN_MOST = 64
};

void turn_start(void);
/* After each round of the loop: whether segments of a stream went to a guest. */
void turn_round(bool stream);

#endif
