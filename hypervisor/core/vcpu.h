/* SPDX-License-Identifier: MIT */
/*
 * A virtual CPU: the guest's registers, its traps, its time, its place in the scheduler.
 *
 * regs is the save area itself: the hardware pushes the interrupt frame straight into it (the
 * running vcpu's &regs.es is TSS.RSP0), so a switch between vcpus copies nothing.
 *
 * Whether it may run is the sum of reasons that others set and clear at any time (vcpu_may_run() in
 * core/sched.h): blocked, down, pause counts, the domain's state. What it does is its run state,
 * which only core/sched.c changes, under the run-queue lock of v->sched.cpu: RUNNING on that CPU,
 * RUNNABLE, BLOCKED, or OFFLINE (never initialised, or down). Whoever changes a reason calls
 * sched_update() afterwards, which brings the run state into line.
 * Invariant VCPU-1: a vcpu runs on at most one CPU, and only when RUNNING and not paused.
 */
#ifndef CORE_VCPU_H
#define CORE_VCPU_H

#include "core/domain.h"
#include "core/timer.h"
#include <xen/event_channel.h>
#include <xen/vcpu.h>

enum vcpu_run { VCPU_OFFLINE, VCPU_BLOCKED, VCPU_RUNNABLE, VCPU_RUNNING };

/* v->work: things the exit path must look at before it returns to this guest (atomic bits). */
#define WORK_NMI        BIT(0) /* an NMI is pending for the guest */
#define WORK_RESCHED    BIT(1) /* the scheduler wants this CPU, or the vcpu must not go on */
#define WORK_DRAIN      BIT(3) /* queued page tables of the domain wait for invalidation */
#define WORK_TIME       BIT(4) /* pvclock must be brought up to date, and the periodic timer may be new */
#define WORK_TRAP       BIT(5) /* v->trap is to be delivered */
#define WORK_CPU        BIT(6) /* an interrupt left work for this CPU: timers, kicks */
#define WORK_FAILSAFE   BIT(7) /* a segment register could not be reloaded */

/* A trap to be delivered to the guest on exit. */
struct pending_trap { uint8_t vector; bool has_error; uint32_t error; uint64_t cr2; };

#define HC_RESTART   1 /* set with -ERESTART: hc_args are the arguments to re-execute with */
#define HC_FULL_EXIT 2 /* v->regs was changed as a whole (iret): load all of it; rax is already there */

struct callback { uint64_t rip; bool mask_events; };

struct vcpu {
    struct domain *domain;
    unsigned id;

    /* -- hot: touched by entry.S (offsets generated) -- */
    uint64_t stack_top;        /* this CPU's hypervisor stack while RUNNING */
    _Alignas(8) uint32_t work; /* WORK_*; atomic */
    uint8_t hc_restart;        /* HC_*: how the hypercall wants to end */
    uint8_t hc_unused[3];      /* 0: entry.S looks at work and hc_restart as one word */
    uint8_t in_kernel;         /* guest kernel mode (1) or guest user mode (0) */
    union { /* anything set: iret goes the long way */
        struct {
            uint8_t nmi_blocked, nmi_pending; /* until its handler's iret; another one came meanwhile */
            uint8_t keeps_iopl;               /* VMASST_TYPE_architectural_iopl */
        };
        uint32_t iret_special;
    };
    uint8_t in_multicall;
    struct vcpu_info *info;    /* hypervisor's mapping of the guest's vcpu_info */
    uint64_t kernel_sp, kernel_ss;
    uint64_t cr3_kernel, cr3_user; /* machine addresses of the two L4s; user 0 = none */
    uint64_t hc_args[6];
    uint32_t hc_nr, hc_sub;    /* for refusals; hc_nr ~0 outside */
    uint64_t hc_unknown;       /* the unknown number that was asked for last, + 1 */
    struct callback cb_event, cb_failsafe, cb_syscall, cb_syscall32, cb_sysenter, cb_nmi;
    struct trap_info traps[256];

    /* -- segments and control state -- */
    uint64_t fs_base, gs_base_kernel, gs_base_user;
    uint16_t sel_ds, sel_es, sel_fs, sel_gs; /* while not running */
    uint64_t gdt_frames[16];
    unsigned gdt_ents;
    uint64_t ldt_base;
    unsigned ldt_ents;
    uint64_t ldt_frames[16];   /* mfns of the LDT's pages, each with a segdesc type; 0 = none */
    uint64_t cr0, cr4;         /* the guest's view: CR0.TS/MP/…, CR4 bits it may set */
    uint64_t dr[8];
    uint64_t cr2;              /* of the last page fault; the guest can overwrite the one in vcpu_info */
    uint8_t iopl;
    uint64_t iobmp;            /* guest va of its I/O bitmap, 0 = none */
    unsigned iobmp_limit;      /* ports */
    bool fpu_initialised;
    void *xsave;               /* extended state, 64-byte aligned; port's */
    uint64_t xcr0;
    struct pending_trap trap;

    /* -- information areas -- */
    mfn_t info_mfn;            /* MFN_INVALID: in shared_info */
    struct vcpu_info *info_page; /* mapping to drop */
    uint64_t runstate_gva, time_gva; /* registered areas, 0 = none */
    struct vcpu_runstate_info runstate;
    spinlock_t runstate_lock;

    /* -- time -- */
    struct timer singleshot, periodic_timer, poll_timer;
    uint64_t periodic_ns, periodic_last; /* period (0: off) and time of the last tick */

    /* -- scheduling: core/sched.h -- */
    enum vcpu_run run;
    uint32_t pause_count;      /* atomic */
    bool initialised;          /* has a context */
    bool down;                 /* atomic: VCPUOP_down, or never up */
    bool blocked;              /* atomic: waits for an event (SCHEDOP_block, _poll) */
    uint32_t poll_ports;       /* atomic: 0: not polling, 1: for poll_port, POLL_ANY: for several, or not decided */
    evtchn_port_t poll_port;
    uint32_t virq_port[24];    /* bound VIRQs; guarded by d->evtchn */
    struct evtchn_fifo_vcpu {  /* its queues of ports, see core/evtchn_fifo.c */
        spinlock_t lock;
        uint32_t tail[EVTCHN_FIFO_MAX_QUEUES]; /* 0: empty */
        struct evtchn_fifo_control_block *control; /* the guest's; NULL: none yet */
    } fifo;
    struct sched_vcpu {
        unsigned cpu;          /* where it runs or queues */
        cpumask_t affinity_hard, affinity_soft;
        cpumask_t affinity_saved; /* the hard one while SCHEDOP_pin_override replaces it, or 0 */
        struct list link;
        bool queued;           /* on the run queue of cpu */
        bool on_cpu;           /* its registers are, or may still be, in cpu's hardware */
        bool yielded;          /* asked to run after the others */
        bool cap_parked;       /* its domain's cap is used up (core/sched_credit.c) */
        unsigned time_cpu;     /* where pvclock was last brought up to date */
        int64_t credit;        /* policy's */
        uint64_t last_start, cpu_time;
        uint64_t since;        /* when it came to run here */
    } sched;

    /* Last, and so aligned that &regs.es is a multiple of 16, as the CPU's stack switch wants. */
    _Alignas(16) uint64_t pad_regs;
    struct cpu_user_regs regs;
};

_Static_assert(offsetof(struct vcpu, hc_unused) == offsetof(struct vcpu, work) + 5, "one word");
_Static_assert((offsetof(struct vcpu, regs) + offsetof(struct cpu_user_regs, es)) % 16 == 0, "RSP0");

static inline void vcpu_set_work(struct vcpu *v, uint32_t bits)
{
    __atomic_or_fetch(&v->work, bits, __ATOMIC_ACQ_REL);
}

/* -- life (core/vcpu.c) -- */
int vcpu_create(struct domain *d, unsigned id, struct vcpu **out);
void vcpu_destroy(struct vcpu *v);
/* Set a full context as the toolstack or VCPUOP_initialise gives it. c is a hypervisor copy. -EINVAL, -ERESTART. */
int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
void vcpu_pause(struct vcpu *v);       /* returns when it does not run */
void vcpu_pause_nosync(struct vcpu *v);
void vcpu_unpause(struct vcpu *v);
void vcpu_block(struct vcpu *v);       /* SCHEDOP_block of the current vcpu: clears the upcall mask */
void vcpu_wake(struct vcpu *v);        /* make a blocked one runnable */
void vcpu_kick(struct vcpu *v);        /* wake it, or make its CPU look at v->work and pending events */
static inline bool vcpu_event_pending(const struct vcpu *v) /* upcall pending and not masked */
{
    return READ_ONCE(v->info->evtchn_upcall_pending) && !READ_ONCE(v->info->evtchn_upcall_mask);
}
int vcpu_register_info(struct vcpu *v, mfn_t m, unsigned offset);
void vcpu_runstate_update(struct vcpu *v, int new_state, uint64_t now); /* now 0: ask the clock */
bool vcpu_has_info(const struct vcpu *v); /* false: no place for it in shared_info, none registered yet */
void vcpu_runstate_to_guest(struct vcpu *v); /* to runstate_gva; v is current */
void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *out); /* times up to now */
/* Block the current vcpu until any event of its domain comes. The caller then looks at the ports it waits for, may narrow
 * the poll to one of them, and lets the scheduler run; if poll_ports is 0 (narrow: false), it was woken already. */
void vcpu_poll_begin(struct vcpu *v);
bool vcpu_poll_narrow(struct vcpu *v, evtchn_port_t port);
void vcpu_poll_end(struct vcpu *v);
#define POLL_ANY ~0u
/* Drop what v holds of its domain's frames: root tables, descriptor pages, vcpu_info. v must not run, ever again. */
void vcpu_release_frames(struct vcpu *v);
/* v's address space has just been loaded on this CPU: refresh what it sees (runstate area, pvclock). */
void vcpu_switched_to(struct vcpu *v);

/* Ask the exit path to deliver an exception to the current vcpu. */
static inline void vcpu_inject(struct vcpu *v, uint8_t vector, bool has_error, uint32_t error)
{
    v->trap = (struct pending_trap){ .vector = vector, .has_error = has_error, .error = error };
    vcpu_set_work(v, WORK_TRAP);
}
static inline void vcpu_inject_pf(struct vcpu *v, uint64_t cr2, uint32_t error)
{
    v->trap = (struct pending_trap){ .vector = 14, .has_error = true, .error = error, .cr2 = cr2 };
    vcpu_set_work(v, WORK_TRAP);
}

/* -- what the machine does for a vcpu (x86/) -- */
int port_vcpu_init(struct vcpu *v);
void port_vcpu_free(struct vcpu *v);
/* Load new tables, GDT, LDT of the CURRENT vcpu after they changed. */
void port_load_cr3(struct vcpu *v);
void port_load_gdt(struct vcpu *v);   /* gdt_frames/gdt_ents changed: remap (v current or not running) */
void port_load_ldt(struct vcpu *v);
void port_load_debug(struct vcpu *v);
void port_load_segment_bases(struct vcpu *v);
void port_save_segment_bases(struct vcpu *v); /* read live values of the current vcpu into *v */
void port_load_ts(struct vcpu *v);       /* v->cr0.TS changed (current vcpu) */

#endif
