/* SPDX-License-Identifier: MIT */
/*
 * Times that wrapped, or lie many days ahead: what old guests ask for by mistake. The timer fires
 * within about a tenth of a second, so that such a guest goes on. [TIME-3]
 */
#include "tick.h"

static void check_soon(uint64_t at)
{
    uint64_t start = time_ns();

    ticks = 0;
    CHECK_RC(hypercall_set_timer_op(at), 0);
    ticks_wait(1);
    CHECK(ticks == 1, "%lx does not fire", at);
    CHECK(time_ns() >= start + 50 * NS_PER_MS, "%lx fires at once", at);
}

TEST("set_timer_op_overflow", "set_timer_op with a time far ahead or below 0 fires soon")
{
    ticks_start();
    check_soon(~0ull);
    check_soon(1ull << 63);
    check_soon(1ull << 62);
    check_soon(time_ns() + (1ull << 51));
}
