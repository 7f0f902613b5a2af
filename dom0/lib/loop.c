/* SPDX-License-Identifier: MIT */
#include "loop.h"
#include <stdlib.h>

static int epoll = -1;
static struct source *buried;

int loop_open(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll < 0 ? -1 : 0;
}

int loop_add(int fd, struct source *s, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = s};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

void loop_change(int fd, struct source *s, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = s};

    epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &e);
}

void loop_remove(int fd)
{
    epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

void loop_bury(struct source *s)
{
    s->event = NULL;
    s->buried_next = buried;
    buried = s;
}

int loop_fd(void)
{
    return epoll;
}

int loop_round(int timeout_ms)
{
    struct epoll_event events[64];
    int n = epoll_wait(epoll, events, 64, timeout_ms);

    for (int i = 0; i < n; i++) {
        struct source *s = events[i].data.ptr;

        if (s->event)
            s->event(s, events[i].events);
    }
    while (buried) {
        struct source *s = buried;

        buried = s->buried_next;
        free(s);
    }
    return n > 0 ? n : 0;
}
