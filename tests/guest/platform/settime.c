/* SPDX-License-Identifier: MIT */
/* TEST-REQUIRES: smp=1 */
/* settime moves the wall clock that shared_info shows, in nanoseconds, and nothing else. [TIME-2] */
#include "platform.h"

TEST("settime", "settime32 and settime64 set the wall clock of shared_info")
{
    volatile struct shared_info *s = shared_info;
    uint32_t version = s->wc_version;
    uint64_t now = time_ns();

    op.u.settime64 = (struct xenpf_settime64){.secs = 0x1fffffffful, .nsecs = 5, .system_time = 0};
    CHECK_RC(platform(XENPF_settime64), 0);
    CHECK_EQ(s->wc_sec, 0xffffffffu);
    CHECK_EQ(s->wc_sec_hi, 1);
    CHECK_EQ(s->wc_nsec, 5);
    CHECK(!(s->wc_version & 1) && s->wc_version != version, "version %u after %u", s->wc_version, version);

    op.u.settime64.mbz = 1;
    op.u.settime64.secs = 77;
    CHECK_RC(platform(XENPF_settime64), -XEN_EINVAL);
    CHECK_EQ(s->wc_sec, 0xffffffffu);

    /* One second and a half before 1000.25 s: the time at which the system started. */
    op.u.settime32 = (struct xenpf_settime32){.secs = 1000, .nsecs = 250000000, .system_time = 1500000000};
    CHECK_RC(platform(XENPF_settime32), 0);
    CHECK_EQ(s->wc_sec, 998);
    CHECK_EQ(s->wc_nsec, 750000000);
    CHECK_EQ(s->wc_sec_hi, 0);

    /* More than a second of nanoseconds is a time too. */
    op.u.settime32 = (struct xenpf_settime32){.secs = 1000, .nsecs = 3000000000u};
    CHECK_RC(platform(XENPF_settime32), 0);
    CHECK_EQ(s->wc_sec, 1003);
    CHECK_EQ(s->wc_nsec, 0);
    CHECK(time_ns() >= now && time_ns() < now + DEADLINE_NS, "system time went from %lu to %lu", now, time_ns());
}
