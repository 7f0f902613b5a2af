/* SPDX-License-Identifier: MIT */
/* The clock advances while the vCPU is busy, blocked and polling; its version stays even. */
#include "harness.h"

TEST("clock_goes_on", "system time advances, busy or asleep, with a scale that stays plausible")
{
    const volatile struct vcpu_time_info *t = &this_cpu()->info->time;
    uint64_t start = time_ns(), tsc = rdtsc(), now, hz = time_tsc_hz();

    CHECK(!(t->version & 1), "the version is %u", t->version);
    CHECK(t->version > 0 && t->tsc_to_system_mul, "the clock was never written");
    CHECK(hz > 1000000 && hz < 100000000000, "%lu Hz", hz);
    for (unsigned int i = 0; i < 100000; i++)
        cpu_relax();
    now = time_ns();
    CHECK(now > start, "stands still");
    CHECK(rdtsc() > tsc, "the TSC stands still");
    time_sleep_until(now + 20 * NS_PER_MS);
    CHECK(time_ns() >= now + 20 * NS_PER_MS, "the sleep was too short");
    CHECK(time_ns() < now + DEADLINE_NS, "the sleep was far too long");
    CHECK(!(t->version & 1), "the version is %u", t->version);
}
