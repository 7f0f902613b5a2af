/* SPDX-License-Identifier: MIT */
/*
 * Philoxen's own hypercall, which no other hypervisor has: number 50, Xen's __HYPERVISOR_arch_2, philoxen_op(cmd, argument).
 * (arch_1 is not free: Xen continues long domctls by it.)
 * Who does not know it never meets it; on Xen it is -ENOSYS. It asks; it changes nothing.
 * Reading is the control domain's (-EPERM otherwise), but for PHXOP_version.
 */
#ifndef ABI_PHILOXEN_H
#define ABI_PHILOXEN_H

#include <stdint.h>

#define __HYPERVISOR_philoxen_op 50

#define PHXOP_version 0 /* no argument; returns PHX_VERSION. Any domain: this is how it is found */
#define PHX_VERSION 1

/* One "no" the hypervisor said. */
struct phx_refusal {
    uint64_t seq;       /* counts a domain's refusals from 1 */
    uint64_t time;      /* ns since the hypervisor started */
    uint32_t hypercall; /* its number; 0xff: not in a hypercall */
    uint32_t sub;       /* sub-operation */
    uint32_t reason;    /* which line of core/reasons.def */
    uint32_t vcpu;
    int32_t err;        /* negative errno of Xen's list */
    uint32_t pad;
    uint64_t operand[3];
    char name[32];      /* the hypercall's */
    char text[192];     /* the reason with its operands, in words */
};

/*
 * PHXOP_refusals: the newest ones of a domain, oldest first. -ESRCH: no such domain (any more: see its
 * obituary). in: domid, after (only those with a greater seq), buffer (guest address of an array), room (its
 * entries). out: count.
 */
#define PHXOP_refusals 1
struct phx_refusals {
    uint32_t domid;
    uint32_t room;
    uint64_t after;
    uint64_t buffer;
    uint32_t count;
    uint32_t pad;
};

#define PHX_LAST_WORDS 8

/*
 * PHXOP_obituary: how domains ended, kept for the last 64 that did. in: before (0: the newest; else that whose seq is
 * the greatest below it). out: the rest; -ENOENT: none.
 */
#define PHXOP_obituary 2
#define PHX_DESTROYED 0xff /* code: it was destroyed while it ran */
struct phx_obituary {
    uint64_t before;
    uint64_t seq;
    uint64_t time;
    uint32_t domid;
    uint32_t code;      /* SHUTDOWN_* of sched.h, or PHX_DESTROYED */
    uint8_t uuid[16];
    char text[200];     /* why, if the hypervisor ended it */
    uint32_t nr_refusals;
    uint32_t pad;
    struct phx_refusal refusal[PHX_LAST_WORDS];
};

#endif
