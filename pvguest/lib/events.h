/* SPDX-License-Identifier: MIT */
/*
 * Event channels, in the two-level form: a pending and a mask bit per port in shared_info, and per
 * vCPU a word that says which words of pending bits to look at.
 *
 * A port starts masked. evtchn_set_handler() installs a handler and unmasks the port; the handler
 * runs in the upcall with events disabled, on the vCPU that the port is bound to, after the pending
 * bit was cleared. Ports without a handler are for polling: evtchn_pending(), sched_poll().
 *
 * main() runs with events enabled. events_save() ... events_restore() brackets what must not be
 * interrupted on this vCPU.
 */
#ifndef PVGUEST_EVENTS_H
#define PVGUEST_EVENTS_H

#include "xen.h"

#define NR_PORTS 4096u

typedef void evtchn_handler_t(evtchn_port_t port, void *data);

/* ---- Binding: a port, or the negated error ---- */
long evtchn_alloc_unbound(domid_t dom, domid_t remote);
long evtchn_bind_interdomain(domid_t remote, evtchn_port_t remote_port);
long evtchn_bind_virq(unsigned int virq, unsigned int vcpu);
long evtchn_bind_ipi(unsigned int vcpu);
long evtchn_bind_pirq(unsigned int pirq, bool share);

/* ---- On a port: 0 or the negated error ---- */
long evtchn_close(evtchn_port_t port); /* Also takes the handler away. */
long evtchn_send(evtchn_port_t port);
long evtchn_bind_vcpu(evtchn_port_t port, unsigned int vcpu);
/* Clears the mask bit by the hypercall, which raises what was pending. */
long evtchn_unmask(evtchn_port_t port);
/* status->port and ->dom are filled in here. */
long evtchn_status(evtchn_port_t port, struct evtchn_status *status);

void evtchn_mask(evtchn_port_t port);
bool evtchn_masked(evtchn_port_t port);
bool evtchn_pending(evtchn_port_t port);
/* Clears the pending bit; returns what it was. */
bool evtchn_clear(evtchn_port_t port);

void evtchn_set_handler(evtchn_port_t port, evtchn_handler_t *handler, void *data);

/* ---- This vCPU's upcall mask ---- */
void events_enable(void); /* Takes at once what is pending. */
void events_disable(void);
bool events_enabled(void);
bool events_save(void); /* Disables; returns whether they were enabled. */
void events_restore(bool enabled);

/* ---- Waiting ---- */

/* Gives the physical CPU up until an event is pending; enables events. */
void sched_block(void);
void sched_yield(void);
/* Until one of the ports is pending (masked or not) or system time reaches deadline (0: never). */
long sched_poll(evtchn_port_t *ports, unsigned int n, uint64_t deadline);
/* Until *flag is nonzero, which a handler on this vCPU sets, or the deadline: true if it is. */
bool events_wait(const volatile int *flag, uint64_t deadline);

/* Private to traps.c: handles all that is pending. */
void events_upcall(void);
/* How many upcalls this vCPU took so far, pending ports or not. */
unsigned long events_upcalls(void);

/* Called by pv_start(). */
void events_init(void);

#endif
