/* SPDX-License-Identifier: MIT */
/* The clock chip's periodic interrupt, an edge each: all of them become events, without any EOI. */
#include "pirqs.h"

#define RTC_GSI 8

static volatile int ticks;

static uint8_t cmos(unsigned int reg)
{
    out8(0x70, (uint8_t)reg);
    return in8(0x71);
}

static void cmos_set(unsigned int reg, uint8_t v)
{
    out8(0x70, (uint8_t)reg);
    out8(0x71, v);
}

static void tick(evtchn_port_t port, void *data)
{
    (void)port;
    (void)data;
    cmos(0x0c); /* the chip raises no other before this is read */
    ticks++;
}

TEST("rtc_edges", "edges become events")
{
    uint64_t end = time_ns() + DEADLINE_NS;
    uint8_t b;

    io_privilege();
    MUST(map_gsi(RTC_GSI, RTC_GSI));
    evtchn_set_handler((evtchn_port_t)MUST(evtchn_bind_pirq(RTC_GSI, false)), tick, NULL);
    b = cmos(0x0b);
    cmos_set(0x0a, 0x2a); /* 64 a second */
    cmos_set(0x0b, b | 0x40);
    cmos(0x0c);
    while (ticks < 10 && time_ns() < end)
        cpu_relax();
    cmos_set(0x0b, b);
    CHECK(ticks >= 10, "%d ticks", ticks);
}
