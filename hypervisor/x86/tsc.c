/* SPDX-License-Identifier: MIT */
#include "x86/tsc.h"
#include "core/log.h"
#include "core/port.h"
#include "core/time.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/insn.h"
#include "x86/paging.h"
#include "x86/platform.h"

#define NS_PER_S 1000000000ull
#define CALIBRATE_MS 10
#define SAMPLE_TRIES 20

static struct tsc_params params; /* set once */
static uint64_t hz = NS_PER_S;
static uint64_t apic_per_ns;    /* APIC timer counts in a ns, 32.32 */
static uint64_t wallclock_base; /* ns since 1970 at system time 0 */

/* A TSC delta in ns, by the formula guests use too (public/xen.h, vcpu_time_info). */
static inline uint64_t tsc_to_ns(uint64_t delta)
{
    delta = params.shift < 0 ? delta >> -params.shift : delta << params.shift;
    return (uint64_t)(((unsigned __int128)delta * params.mul) >> 32);
}

uint64_t port_now(void)
{
    return params.ns_base + tsc_to_ns(rdtsc() - params.tsc_base);
}

void port_tsc_params(struct tsc_params *p)
{
    *p = params;
}

uint64_t port_wallclock_ns(void)
{
    return wallclock_base;
}

void port_wallclock_set(uint64_t ns)
{
    wallclock_base = ns;
}

uint64_t tsc_hz(void)
{
    return hz;
}

void delay_us(uint64_t us)
{
    uint64_t start = rdtsc(), ticks = us * hz / 1000000;

    while (rdtsc() - start < ticks)
        pause();
}

/* ---- reference clocks ---- */

struct reference {
    const char *name;
    uint64_t hz, mask; /* the counter wraps at mask */
    bool (*start)(struct reference *r);
    uint64_t (*read)(void);
};

static uint64_t pm_read(void)
{
    return inl(platform.pm_timer);
}

static bool pm_start(struct reference *r)
{
    (void)r;
    return platform.pm_timer;
}

static volatile uint64_t *hpet;

static uint64_t hpet_read(void)
{
    return hpet[0xf0 / 8];
}

static bool hpet_start(struct reference *r)
{
    uint64_t period; /* fs */

    if (!platform.hpet)
        return false;
    hpet = ioremap(platform.hpet, PAGE_SIZE, IOREMAP_UNCACHED);
    period = hpet[0] >> 32;
    if (period < 1000 || period > 100000000)
        return false;
    r->hz = 1000000000000000ull / period;
    r->mask = hpet[0] & BIT(13) ? ~0ull : 0xffffffff;
    hpet[0x10 / 8] |= 1; /* count */
    return true;
}

/* Counter 2 of the PIT, counting down from 65536 over and over. */
static uint64_t pit_read(void)
{
    uint8_t lo;

    outb(0x43, 0x80);
    lo = inb(0x42);
    return (uint16_t) - (lo | inb(0x42) << 8);
}

static bool pit_start(struct reference *r)
{
    (void)r;
    outb(0x61, (inb(0x61) & 0xfc) | 1); /* gate open, speaker off */
    outb(0x43, 0xb4);                   /* counter 2, both bytes, rate generator */
    outb(0x42, 0);
    outb(0x42, 0);
    return true;
}

static struct reference references[] = {
    {"ACPI PM timer", 3579545, 0xffffff, pm_start, pm_read},
    {"HPET", 0, 0, hpet_start, hpet_read},
    {"PIT", 1193182, 0xffff, pit_start, pit_read},
};

/* All three clocks at one moment. */
struct sample {
    uint64_t tsc, ref;
    uint32_t apic;
};

/* The reads take time, and anything may come between them: of some tries the tightest. */
static struct sample sample_take(const struct reference *r)
{
    struct sample best = {0};
    uint64_t best_gap = ~0ull;

    for (unsigned i = 0; i < SAMPLE_TRIES; i++) {
        uint64_t before = rdtsc();
        uint64_t ref = r->read();
        uint32_t apic = apic_timer_left();
        uint64_t gap = rdtsc() - before;

        if (gap < best_gap) {
            best_gap = gap;
            best = (struct sample){.tsc = before + gap / 2, .ref = ref, .apic = apic};
        }
    }
    return best;
}

/* False: the counter does not move. */
static bool calibrate(const struct reference *r)
{
    uint64_t want = r->hz * CALIBRATE_MS / 1000, ticks;
    struct sample a, b;
    uint64_t ref, give_up;

    apic_timer_set(~0u);
    a = sample_take(r);
    give_up = a.tsc + 20 * NS_PER_S; /* some seconds on any CPU */
    do {
        ref = (r->read() - a.ref) & r->mask;
        if (rdtsc() > give_up)
            return false;
    } while (ref < want);
    b = sample_take(r);
    apic_timer_set(0);

    ticks = (b.ref - a.ref) & r->mask;
    hz = (b.tsc - a.tsc) * r->hz / ticks;
    apic_per_ns = (((a.apic - b.apic) * r->hz / ticks) << 32) / NS_PER_S;
    return hz > 1000000;
}

/* mul and shift so that ns = (ticks << shift) * mul >> 32, with mul in its upper half. */
static void params_set(void)
{
    uint64_t rate = hz;
    int8_t shift = 0;

    for (; rate > 2 * NS_PER_S; rate >>= 1)
        shift--;
    for (; rate <= NS_PER_S; rate <<= 1)
        shift++;
    params = (struct tsc_params){
        .tsc_base = rdtsc(),
        .shift = shift,
        .mul = (uint32_t)((NS_PER_S << 32) / rate),
    };
}

/* ---- wall clock ---- */

static uint8_t cmos_read(uint8_t reg)
{
    outb(0x70, reg);
    return inb(0x71);
}

static unsigned from_bcd(uint8_t v, bool bcd)
{
    return bcd ? (v >> 4) * 10u + (v & 15) : v;
}

static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    /* Years from March, so that the leap day is the last. */
    unsigned y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

    return 365ull * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Seconds since 1970 from the real-time clock, which is taken to run in UTC. */
static uint64_t rtc_read(void)
{
    static const uint8_t regs[] = {0, 2, 4, 7, 8, 9}; /* s min h day month year */
    uint8_t raw[6], again[6], mode = cmos_read(0x0b);
    unsigned v[6], tries = 1000;
    bool bcd = !(mode & 4), same;

    do { /* until two readings agree outside an update */
        same = true;
        for (unsigned spins = 0; (cmos_read(0x0a) & 0x80) && spins < 100000; spins++)
            pause();
        for (unsigned i = 0; i < 6; i++)
            raw[i] = cmos_read(regs[i]);
        for (unsigned i = 0; i < 6; i++) {
            again[i] = cmos_read(regs[i]);
            same &= raw[i] == again[i];
        }
    } while (!same && --tries);
    for (unsigned i = 0; i < 6; i++)
        v[i] = from_bcd(i == 2 ? raw[i] & 0x7f : raw[i], bcd);
    if (!(mode & 2)) /* twelve-hour clock */
        v[2] = v[2] % 12 + (raw[2] & 0x80 ? 12 : 0);
    v[5] += v[5] < 70 ? 2000 : 1900;
    return days_since_1970(v[5], v[4], v[3]) * 86400 + v[2] * 3600 + v[1] * 60 + v[0];
}

void tsc_init(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(references); i++) {
        struct reference *r = &references[i];

        if (!r->start(r) || !calibrate(r))
            continue;
        params_set();
        wallclock_base = rtc_read() * NS_PER_S - port_now();
        log_msg(LOG_INFO, "Clock: TSC %lu.%03lu MHz, APIC timer %lu.%03lu MHz, measured by the %s",
                hz / 1000000, hz / 1000 % 1000, (apic_per_ns * 1000) >> 32,
                (apic_per_ns * 1000000 >> 32) % 1000, r->name);
        return;
    }
    panic("no clock to calibrate by");
}

/* ---- the timer interrupt ---- */

/* What each CPU's timer is set to; touched by that CPU only. */
static struct {
    uint64_t deadline;
} __attribute__((aligned(64))) armed[NR_CPUS] = {
    [0 ... NR_CPUS - 1] = {~0ull},
};

/* The counter is coarse and short: a far deadline fires early and is armed again by timer_run(). */
#define ARM_MAX_NS (NS_PER_S)

void port_timer_arm(uint64_t deadline)
{
    unsigned cpu = this_cpu()->id;
    uint64_t now, ns, count;

    if (armed[cpu].deadline == deadline)
        return;
    armed[cpu].deadline = deadline;
    if (deadline == ~0ull) {
        apic_timer_set(0);
        return;
    }
    now = port_now();
    ns = deadline > now ? min(deadline - now, (uint64_t)ARM_MAX_NS) : 0;
    count = (ns * apic_per_ns >> 32) + 1;
    apic_timer_set(count > 0xffffffff ? 0xffffffff : (uint32_t)count);
}

void timer_interrupt_done(unsigned cpu)
{
    armed[cpu].deadline = ~0ull;
}
