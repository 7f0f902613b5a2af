/* SPDX-License-Identifier: MIT */
/*
 * A domain: its memory, its vcpus, its ports, its grants, and its life.
 *
 *   BUILDING --unpause--> ALIVE --shutdown/crash--> SHUTDOWN --destroy--> DYING --refs gone--> freed
 *        \________________________destroy_________________________________/
 *
 * domain_find() gives a reference (put it back); it costs no lock and does not depend on how many
 * domains there are. The memory of a struct domain is only ever reused for another struct domain, so a lookup that
 * loses a race reads a valid, merely different, domain and notices.
 *
 * Invariants: DOM-1 a domain in the table has refs > 0. DOM-2 tot_pages == frames on its list.
 * DOM-3 a DYING domain's vcpus run nowhere.
 */
#ifndef CORE_DOMAIN_H
#define CORE_DOMAIN_H

#include "core/frame.h"
#include "core/guestline.h"
#include "core/refusal.h"
#include "core/timer.h"
#include "lib/list.h"
#include "lib/rangeset.h"
#include <xen/xen.h>

enum domain_state { DOM_BUILDING, DOM_ALIVE, DOM_SHUTDOWN, DOM_DYING, DOM_DEAD };

#define SHUTDOWN_NONE 0xff
#define MAX_VCPUS 8192 /* a domain */

struct vcpu;
struct grant_table;
struct pirq_table;
struct cpuid_policy;
struct evtchn;
struct evtchn_group;

/* Page-type state, rules in core/pagetype.h. The queue of tables to invalidate is linked through the
 * frames' stamp field, which a frame with a type does not need: no allocation, no failure. */
struct mm_domain {
    spinlock_t lock;
    uint32_t dead_head; /* mfn, FRAME_NIL = empty */
    uint32_t dead_count;
};

#define EVTCHN_PER_BUCKET 64
#define EVTCHN_BUCKETS 64 /* 4096 ports: the 2-level ABI's limit; a FIFO domain's others are in far */

struct evtchn_domain {
    spinlock_t lock; /* allocation and binding; a port's own lock guards its state */
    uint32_t pollers; /* vcpus whose poll_ports is set; atomic */
    struct shared_info *flat; /* 2-level: the bitmaps; NULL: FIFO, see core/evtchn_fifo.c */
    struct evtchn *bucket[EVTCHN_BUCKETS];
    struct evtchn_group **far; /* EVTCHN_FAR_GROUPS, made when the first of them is needed */
    uint32_t next_free_hint;
    uint32_t max_port; /* highest allowed port number */
    uint32_t used;
    uint32_t close_next;  /* an interrupted closing of all ports goes on here */
    uint32_t array_pages; /* FIFO: pages of event words … */
    uint32_t *array;      /* … and their frames; kept until the domain is freed */
};

struct domain {
    domid_t id;
    bool privileged;      /* the control domain */
    bool is_system;       /* DOMID_IO, DOMID_XEN: own frames, never run */
    enum domain_state state;
    uint32_t refs;        /* atomic */
    uint32_t pause_count; /* atomic; vcpus run only at 0 */
    uint8_t shutdown_code; /* SHUTDOWN_*; SHUTDOWN_NONE until the guest or SHUTDOWN says */
    char name[16];        /* "d0", … for messages */
    cpumask_t dirty_cpus; /* atomic: CPUs that have one of its address spaces loaded right now */

    struct vcpu **vcpus;  /* max_vcpus entries, NULL until created */
    unsigned max_vcpus;

    struct shared_info *shared_info; /* hypervisor's mapping */
    mfn_t shared_info_mfn;

    /* guarded by pages_lock */
    spinlock_t pages_lock;
    struct frame_list pages;      /* frames it owns (guest RAM) */
    struct frame_list xen_pages;  /* XENHEAP frames shared with it */
    uint64_t tot_pages, max_pages;
    uint64_t exchanging; /* frames an exchange has taken and not replaced yet: within max_pages, not within tot_pages */
    uint64_t claim;               /* frames set aside for it and not yet given, see core/memory.h */

    spinlock_t life;
    struct mm_domain mm;
    struct evtchn_domain evtchn;
    struct grant_table *grants;
    struct pirq_table *pirqs; /* NULL: none yet; core/pirq.h */
    struct refusal_ring *refusals;
    bool has_obituary;    /* atomic: core/obituary.h */
    struct guestline console; /* its unfinished line; guarded by the console lock */

    struct rangeset *iomem;   /* MMIO frames it may map, by mfn; NULL = none */
    struct rangeset *ioports; /* ports it may access */
    uint32_t pci_index;       /* what it wrote to port 0xcf8, see core/ioport.h */
    uint8_t cmos_index;       /* … to port 0x70 */
    uint32_t vm_assist;       /* VMASST_TYPE_* bits */
    uint32_t max_grant_frames, max_maptrack_frames;
    uint8_t handle[16];       /* UUID */
    struct e820_map *e820;    /* XENMEM_memory_map, set by the builder or toolstack */
    uint64_t perdomain_l3;    /* mfn of the L3 for the per-domain slot; 0 = none; port's */
    struct cpuid_policy *cpuid; /* the toolstack's for it; NULL: the default. Set before it runs */
    uint32_t tsc_mode;        /* 0 default: native rdtsc */
    uint32_t tsc_incarnation; /* the toolstack's count of moves */
    int64_t time_offset;      /* wallclock offset, s */
    uint32_t control_pauses;  /* pauses of the toolstack in pause_count; guarded by its lock */
    uint32_t suspend_port;    /* 0, or told instead of VIRQ_DOM_EXC when it suspends */
    bool xs_domain, debugged; /* only remembered for the toolstack */
    struct log_dirty *log_dirty; /* NULL: nobody asks which pages change; core/log_dirty.h */
    /* scheduler parameters, see core/sched.h; the cap's account is guarded by cap_lock */
    uint16_t sched_weight, sched_cap;
    uint64_t cpu_time_dead;   /* ns used by vcpus already gone */
    spinlock_t cap_lock;
    uint64_t cap_used, cap_start; /* ns used in the period that began at cap_start */
    struct timer cap_timer;       /* ends the period for parked vcpus */

    struct timer watchdog[2];     /* SCHEDOP_watchdog */
    uint32_t watchdog_inuse;      /* bits; guarded by life */

    /* destruction, guarded by life */
    uint8_t destroy_step;
    uint64_t destroy_left;    /* frames still to look at in this step */
    struct timer zombie_timer;
    uint32_t zombie_looks;
    struct domain *next_free; /* retired, memory kept for the next domain */
};

/* System owners (no vcpus): frames that are not RAM, and the hypervisor's own. */
extern struct domain *dom_io, *dom_xen;

void domain_system_init(void); /* once at boot: dom_io, dom_xen, the table */

/* DOMID_FIRST_RESERVED: choose an id (the next after the last one given, never 0). The new domain has one reference, which
 * its place in the table holds, and one pause count: domain_unpause() starts it. -EEXIST, -ENOMEM, -EINVAL. */
int domain_create(domid_t id, unsigned max_vcpus, bool privileged, struct domain **out);
struct domain_limits {
    uint32_t max_port, grant_frames, maptrack_frames;
};
int domain_create_limited(domid_t id, unsigned max_vcpus, bool privileged, const struct domain_limits *limits,
                          struct domain **out);
struct domain *domain_find(domid_t id);   /* reference or NULL */
struct domain *domain_find_any(domid_t id); /* also DOMID_SELF (by port_current), DOMID_IO, DOMID_XEN; reference or NULL */
void domain_get(struct domain *d);
void domain_put(struct domain *d);
struct domain *domain_next(domid_t from); /* lowest id >= from, reference or NULL */

void domain_pause(struct domain *d);      /* returns when no vcpu of it runs (unless the caller is one) */
void domain_pause_nosync(struct domain *d);
void domain_unpause(struct domain *d);
void domain_shutdown(struct domain *d, uint8_t code);
void domain_resume(struct domain *d); /* SHUTDOWN -> ALIVE, as after a cancelled suspend */
/* Nothing of it is left but what others hold. */
bool domain_is_dead(const struct domain *d);
/* Preemptible; -ERESTART to continue. Only from another domain or the hypervisor, no lock held. When it returns 0 the
 * domain's frames that nobody else uses are free; it vanishes when foreign references have gone too. */
int domain_destroy(struct domain *d);
/* The guest is insane: print the reason, registers and page-table walk, last refusals; then shut it down with
 * SHUTDOWN_crash. Never returns into the guest; returns to the caller, who goes to the exit path. */
void domain_crash(struct domain *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* For frame_put: the last reference of an owned frame went. */
void domain_frame_last_put(struct frame *f);

/* Hook the x86 side fills in when a domain appears or goes (per-domain slot, …). Port. */
int port_domain_init(struct domain *d);
/* The control domain is done: power off, reboot, … (SHUTDOWN_*). Returns only in tests. */
void port_machine_shutdown(int reason);
void port_domain_free(struct domain *d);
void port_domain_report(struct domain *d); /* registers, walk; for domain_crash */

#endif
