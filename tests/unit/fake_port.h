/* SPDX-License-Identifier: MIT */
/*
 * The machine of the host tests: an arena for RAM, a clock that stands still until it is told, CPUs
 * that only count what is asked of them, and a separate arena for guest virtual memory.
 *
 * fake_port.c answers core/port.h, core/log.h and the port_ functions of the other headers.
 * fake_domain.c stands in for core/domain.c and core/vcpu.c, fake_refusal.c for core/refusal.c:
 * link either the fake or the real one. xalloc/xfree are calloc/free (so that the sanitizer sees
 * each object) unless core/slab.c is linked.
 */
#ifndef TESTS_FAKE_PORT_H
#define TESTS_FAKE_PORT_H

#include "core/domain.h"
#include "core/log.h"
#include "core/pagetype.h"
#include "core/port.h"
#include "core/vcpu.h"
#include <setjmp.h>
#include "lib/errno.h"
#include <stdlib.h>
#include <string.h>

/*
 * RAM of the fake machine: frames 0..15 are the hypervisor's, FAKE_HOLE_FIRST..LAST are not RAM
 * (DOMID_IO), the rest belongs to the frame allocator if core/heap.c is linked.
 */
#define FAKE_FRAMES     16384u
#define FAKE_HV_FRAMES  16u
#define FAKE_HOLE_FIRST 160u
#define FAKE_HOLE_LAST  255u

extern uint32_t fake_frames; /* how many there are, at most FAKE_FRAMES; set before fake_reset() */

/* Guest virtual memory that the door can reach: [FAKE_GUEST_VA, + FAKE_GUEST_BYTES). */
#define FAKE_GUEST_VA    0x7f0000000000ull
#define FAKE_GUEST_BYTES (4ul << 20)

#define FAKE_BAD_DESCRIPTOR 0xbadull /* for the fake of core/segdesc.c */

/* A fresh machine; forget everything. Each test begins with it (also as a fixture's init). */
void fake_reset(void);

/* What the fakes answer; a test sets them. */
extern uint64_t fake_now;              /* port_now() */
extern unsigned fake_cpu;              /* port_cpu() */
extern struct vcpu *fake_current;      /* port_current() */
extern bool fake_threads;               /* several threads: who finds a lock held waits */
extern void (*fake_clearing)(void);     /* called after pages were cleared */
extern void (*fake_waiting)(void);      /* and by who waits for a lock */
extern int fake_preempt_after;         /* port_preempt_pending() is false that often, then true; < 0 never true */
extern bool fake_quiet;                /* do not print log lines */

/* What core asked for; a test reads them. */
extern unsigned fake_flushes;          /* calls of port_tlb_flush with a non-empty mask */
extern unsigned fake_flushes_va;
extern cpumask_t fake_flush_mask;      /* all CPUs asked since the last reset */
extern gva_t fake_flush_va_last;
extern uint64_t fake_kicks[NR_CPUS];   /* port_kick_cpu() by CPU */
extern uint64_t fake_timer_deadline[NR_CPUS]; /* port_timer_arm() by CPU; ~0 disarmed */
extern unsigned fake_log_lines[LOG_GUEST_DEBUG + 1];
extern char fake_log_last[256];
extern unsigned fake_cr3_loads, fake_gdt_loads, fake_ldt_loads;

/* Guest memory: n bytes of it at a fresh 8-byte aligned address; where the test sees them. */
gva_t fake_guest_alloc(size_t n);
void *fake_guest_ptr(gva_t va);
/* Copy an object into fresh guest memory. */
gva_t fake_guest_put(const void *p, size_t n);
/* Each access to guest memory at or above this address fails; ~0: none. */
extern gva_t fake_guest_limit;

/* Run a statement that must panic: true if it did. */
extern jmp_buf fake_panic_jmp;
extern volatile bool fake_panic_armed;
#define PANICS(stmt) ({                                 \
    volatile bool panicked_ = true;                     \
    fake_panic_armed = true;                            \
    if (!setjmp(fake_panic_jmp)) {                      \
        stmt;                                           \
        panicked_ = false;                              \
    }                                                   \
    fake_panic_armed = false;                           \
    panicked_; })

/* ---- fake_domain.c ---- */
/* domain_create() and, with it, nr_vcpus vcpus. Not on a CPU; vcpu 0 of the first one made becomes
 * fake_current. max_pages is the whole arena. */
struct domain *fake_domain(domid_t id, unsigned nr_vcpus, bool privileged);
extern unsigned fake_crashes;          /* domain_crash() calls */
extern domid_t fake_crashed_last;

/* ---- fake_refusal.c ---- */
extern unsigned fake_refusals;
extern enum reason fake_refusal_last;
extern int fake_refusal_err;
extern uint64_t fake_refusal_op[3];

#endif
