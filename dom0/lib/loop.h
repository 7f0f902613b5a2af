/* SPDX-License-Identifier: MIT */
/*
 * Who waits for what. A source is the first member of what owns the descriptor; when something of it ends in the middle of a
 * round of events, it is buried: later events of the round pass it by, and the memory goes at the round's end.
 */
#ifndef DOM0_LOOP_H
#define DOM0_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

struct source {
    void (*event)(struct source *s, uint32_t events);
    struct source *buried_next;
};

int loop_open(void);                                                /* 0 or -1: errno */
int loop_add(int fd, struct source *s, uint32_t events);            /* the same */
void loop_change(int fd, struct source *s, uint32_t events);
void loop_remove(int fd);                                           /* before it is closed */
void loop_bury(struct source *s);                                   /* malloc'ed; freed after this round */
int loop_round(int timeout_ms);                                     /* how many events there were */
int loop_fd(void);                                                  /* readable while there are events */

#endif
