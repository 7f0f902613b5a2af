/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include "fake_port.h"
#include "core/console.h"
#include "core/keys.h"
#include "core/sched.h"
#include "core/segdesc.h"
#include "core/time.h"
#include "core/tlb.h"
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

uint8_t *directmap;
uint64_t max_mfn = FAKE_FRAMES;
uint64_t *m2p;
uint32_t fake_frames = FAKE_FRAMES;

uint64_t fake_now;
unsigned fake_cpu;
struct vcpu *fake_current;
int fake_preempt_after = -1;
bool fake_quiet;

unsigned fake_flushes, fake_flushes_va;
cpumask_t fake_flush_mask;
gva_t fake_flush_va_last;
uint64_t fake_kicks[NR_CPUS];
uint64_t fake_timer_deadline[NR_CPUS];
unsigned fake_log_lines[LOG_GUEST_DEBUG + 1];
char fake_log_last[256];
unsigned fake_cr3_loads, fake_gdt_loads, fake_ldt_loads;

gva_t fake_guest_limit = ~0ull;
jmp_buf fake_panic_jmp;
volatile bool fake_panic_armed;

static uint8_t *guest_arena;
static size_t guest_used;

/* Pieces of core that a test may or may not link. */
__attribute__((weak)) struct frame *frame_table;
__attribute__((weak)) uint32_t tlb_clock;
__attribute__((weak)) uint32_t tlb_cpu_time[NR_CPUS];
__attribute__((weak)) cpumask_t cpus_online = 1;
/* A descriptor page is bad if one of its words is FAKE_BAD_DESCRIPTOR. */
__attribute__((weak)) bool segdesc_page_valid(struct domain *d, uint64_t *page)
{
    (void)d;
    for (unsigned i = 0; i < 512; i++)
        if (page[i] == FAKE_BAD_DESCRIPTOR)
            return false;
    return true;
}
__attribute__((weak)) void *xalloc(size_t size) { return calloc(1, size); }
__attribute__((weak)) void xfree(void *p) { free(p); }
#pragma weak heap_init
#pragma weak heap_add
#pragma weak heap_mark_io
#pragma weak fake_domain_reset
void fake_domain_reset(void);

static void *fresh_pages(void *old, size_t bytes)
{
    void *p = mmap(old, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (old ? MAP_FIXED : 0), -1, 0);

    if (p == MAP_FAILED)
        abort();
    return p;
}

/* Mapped at the machine's own address, so that it stays zero-based and page aligned. */
void fake_reset(void)
{
    max_mfn = fake_frames;
    directmap = fresh_pages(directmap, FAKE_FRAMES * PAGE_SIZE);
    m2p = fresh_pages(m2p, FAKE_FRAMES * sizeof(*m2p));
    frame_table = fresh_pages(frame_table, FAKE_FRAMES * sizeof(*frame_table));
    guest_arena = fresh_pages(guest_arena, FAKE_GUEST_BYTES);
    guest_used = 0;
    memset(m2p, 0xff, FAKE_FRAMES * sizeof(*m2p));

    fake_now = 0;
    fake_cpu = 0;
    fake_current = NULL;
    fake_preempt_after = -1;
    fake_flushes = fake_flushes_va = 0;
    fake_flush_mask = 0;
    memset(fake_kicks, 0, sizeof(fake_kicks));
    memset(fake_timer_deadline, 0xff, sizeof(fake_timer_deadline));
    memset(fake_log_lines, 0, sizeof(fake_log_lines));
    fake_cr3_loads = fake_gdt_loads = fake_ldt_loads = 0;
    fake_guest_limit = ~0ull;
    tlb_clock = 1;
    memset(tlb_cpu_time, 0, sizeof(tlb_cpu_time));

    if (heap_init && heap_add && heap_mark_io) {
        heap_init();
        heap_mark_io(MFN(FAKE_HOLE_FIRST), FAKE_HOLE_LAST + 1 - FAKE_HOLE_FIRST);
        heap_add(MFN(FAKE_HV_FRAMES), FAKE_HOLE_FIRST - FAKE_HV_FRAMES);
        heap_add(MFN(FAKE_HOLE_LAST + 1), fake_frames - FAKE_HOLE_LAST - 1);
    }
    if (fake_domain_reset)
        fake_domain_reset();
}

unsigned port_cpu(void) { return fake_cpu; }
struct vcpu *port_current(void) { return fake_current; }
uint64_t port_now(void) { return fake_now; }

bool port_preempt_pending(void)
{
    if (fake_preempt_after < 0)
        return false;
    if (fake_preempt_after == 0)
        return true;
    fake_preempt_after--;
    return false;
}

mfn_t port_m2p_chunk(uint64_t offset, unsigned *nr) { return *nr = 1, va_frame((uint8_t *)m2p + offset); }
void port_kick_cpu(unsigned cpu) { fake_kicks[cpu]++; }

void port_tlb_flush(cpumask_t cpus)
{
    uint32_t tick = tlb_tick();

    if (!cpus)
        return;
    fake_flushes++;
    fake_flush_mask |= cpus;
    for (; cpus; cpus &= cpus - 1)
        tlb_flushed((unsigned)__builtin_ctzll(cpus), tick);
}

void port_tlb_flush_va(cpumask_t cpus, gva_t va)
{
    fake_flushes_va += cpus != 0;
    fake_flush_mask |= cpus;
    fake_flush_va_last = va;
}

void port_tlb_flush_va_here(gva_t va) { port_tlb_flush_va(BIT(fake_cpu), va); }

void (*fake_clearing)(void);
void (*fake_waiting)(void);

void port_clear_pages(void *va, uint64_t nr)
{
    memset(va, 0, nr * PAGE_SIZE);
    if (fake_clearing)
        fake_clearing();
}

void port_timer_arm(uint64_t deadline) { fake_timer_deadline[fake_cpu] = deadline; }

bool fake_threads;

void spin_wait(void)
{
    if (!fake_threads)
        abort(); /* a lock that is held would never come free */
    if (fake_waiting)
        fake_waiting();
    sched_yield();
}

/* ---- guest memory ---- */

static size_t guest_reachable(gva_t va, size_t n)
{
    gva_t end = min(FAKE_GUEST_VA + FAKE_GUEST_BYTES, fake_guest_limit);

    if (va < FAKE_GUEST_VA || va >= end)
        return 0;
    return min(n, (size_t)(end - va));
}

size_t port_copy_from_guest(void *dst, gva_t src, size_t n)
{
    size_t ok = guest_reachable(src, n);

    if (ok)
        memcpy(dst, guest_arena + (src - FAKE_GUEST_VA), ok);
    return n - ok;
}

size_t port_copy_to_guest(gva_t dst, const void *src, size_t n)
{
    size_t ok = guest_reachable(dst, n);

    if (ok)
        memcpy(guest_arena + (dst - FAKE_GUEST_VA), src, ok);
    return n - ok;
}

gva_t fake_guest_alloc(size_t n)
{
    gva_t va = FAKE_GUEST_VA + guest_used;

    guest_used += ROUND_UP(n, 8ul);
    if (guest_used > FAKE_GUEST_BYTES)
        abort();
    return va;
}

void *fake_guest_ptr(gva_t va) { return guest_arena + (va - FAKE_GUEST_VA); }

gva_t fake_guest_put(const void *p, size_t n)
{
    gva_t va = fake_guest_alloc(n);

    memcpy(fake_guest_ptr(va), p, n);
    return va;
}

/* ---- words ---- */

bool log_wanted(enum log_level level)
{
    (void)level;
    return true;
}

void log_msg(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    fake_log_lines[level]++;
    va_start(ap, fmt);
    vsnprintf(fake_log_last, sizeof(fake_log_last), fmt, ap);
    va_end(ap);
    if (!fake_quiet)
        fprintf(stderr, "log %d: %s\n", level, fake_log_last);
}

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fake_log_last, sizeof(fake_log_last), fmt, ap);
    va_end(ap);
    if (fake_panic_armed) {
        fake_panic_armed = false;
        longjmp(fake_panic_jmp, 1);
    }
    fprintf(stderr, "panic: %s\n", fake_log_last);
    abort();
}



void port_report_vcpu(const struct vcpu *v) { (void)v; }
void port_report_cpus(void) {}
void port_crash(void) { abort(); }
void machine_reboot(void) { abort(); }
void console_domain_gone(struct domain *d) { (void)d; }

/* ---- what x86/ does for domains and vcpus ---- */

int port_domain_init(struct domain *d) { (void)d; return 0; }
void port_domain_free(struct domain *d) { (void)d; }
void port_domain_report(struct domain *d) { (void)d; }
int port_vcpu_init(struct vcpu *v) { (void)v; return 0; }
void port_vcpu_free(struct vcpu *v) { (void)v; }
void port_load_cr3(struct vcpu *v) { (void)v; fake_cr3_loads++; port_tlb_flush(BIT(fake_cpu)); }
void port_load_gdt(struct vcpu *v) { (void)v; fake_gdt_loads++; }
void port_load_ldt(struct vcpu *v) { (void)v; fake_ldt_loads++; }
void port_load_debug(struct vcpu *v) { (void)v; }
void port_load_segment_bases(struct vcpu *v) { (void)v; }
void port_save_segment_bases(struct vcpu *v) { (void)v; }

void port_l4_init_slots(struct domain *d, uint64_t *l4)
{
    (void)d;
    for (unsigned i = HV_SLOT_FIRST; i <= HV_SLOT_LAST; i++)
        l4[i] = 0;
}

void port_tsc_params(struct tsc_params *p)
{
    *p = (struct tsc_params){ .tsc_base = fake_now, .ns_base = fake_now, .mul = 0x80000000u, .shift = 1 };
}

static uint64_t wallclock = 1700000000000000000ull;
uint64_t port_wallclock_ns(void) { return wallclock; }
void port_wallclock_set(uint64_t ns) { wallclock = ns; }
