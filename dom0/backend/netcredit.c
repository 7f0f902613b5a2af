/* SPDX-License-Identifier: MIT */
#include "netcredit.h"
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { BURST = 131072, MIN_WAIT_US = 500, MAX_WAIT_US = 1000000, PAUSE_US = 1000 };

static uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int64_t most(const struct nic *n)
{
    return n->rate_bytes > BURST ? (int64_t)n->rate_bytes : BURST;
}

void nic_rate(struct nic *n, uint64_t bytes, uint64_t us)
{
    n->rate_bytes = us ? bytes : 0;
    n->rate_us = us;
    n->credit = n->rate_bytes ? most(n) : 0;
    n->credit_at = now_us();
}

bool credit_left(struct nic *n)
{
    uint64_t now, earned;

    if (!n->rate_bytes || n->credit > 0)
        return true;
    now = now_us();
    earned = (uint64_t)((unsigned __int128)(now - n->credit_at) * n->rate_bytes / n->rate_us);
    if (!earned)
        return false;
    n->credit_at = now;
    n->credit = earned > (uint64_t)(2 * most(n)) ? most(n) : n->credit + (int64_t)earned;
    if (n->credit > most(n))
        n->credit = most(n);
    return n->credit > 0;
}

void credit_take(struct nic *n, uint32_t bytes)
{
    if (n->rate_bytes)
        n->credit -= bytes;
}

static void credit_event(struct source *s, uint32_t events)
{
    struct nic *n = (struct nic *)s;
    uint64_t expired;

    (void)events;
    if (read(n->timer, &expired, sizeof(expired)) < 0)
        return;
    for (unsigned i = 0; i < n->queues; i++)
        netqueue_wake(n->queue[i]);
}

static bool arm(struct nic *n, uint64_t us)
{
    struct itimerspec t = {0};

    if (n->timer < 0) {
        n->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        n->timer_source.event = credit_event;
        if (n->timer < 0 || loop_add(n->timer, &n->timer_source, EPOLLIN))
            return false;
    }
    t.it_value.tv_sec = (time_t)(us / 1000000);
    t.it_value.tv_nsec = (long)(us % 1000000) * 1000;
    return !timerfd_settime(n->timer, 0, &t, NULL);
}

bool credit_wait(struct nic *n)
{
    uint64_t us = (uint64_t)(1 - n->credit) * n->rate_us / n->rate_bytes + 1;

    return arm(n, us < MIN_WAIT_US ? MIN_WAIT_US : us > MAX_WAIT_US ? MAX_WAIT_US : us);
}

bool credit_pause(struct nic *n)
{
    return arm(n, PAUSE_US);
}

void credit_end(struct nic *n)
{
    if (n->timer < 0)
        return;
    loop_remove(n->timer);
    close(n->timer);
    n->timer = -1;
}
