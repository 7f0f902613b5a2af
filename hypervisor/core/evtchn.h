/* SPDX-License-Identifier: MIT */
/*
 * Event channels. Events are told by the 2-level ABI's bitmaps in shared_info, or, after init_control, by
 * the FIFO ABI's words and queues (core/evtchn_fifo.c), until a reset.
 *
 *   FREE -> UNBOUND (waits for a remote) -> INTERDOMAIN (two ends name each other)
 *   FREE -> VIRQ | IPI | PIRQ ; RESERVED: being set up
 *   any bound state --close--> FREE; closing one end of INTERDOMAIN leaves the other UNBOUND
 *
 * Port 0 is never valid. Ports are given lowest-free. Sending takes only the sender's port lock: while it is held the peer
 * cannot close (closing takes both). Delivery sets bits in guest memory atomically and wakes the bound vcpu.
 * Invariants: EVT-1 interdomain ends name each other. EVT-2 a VIRQ/IPI port is recorded in its vcpu. EVT-3 a binding to
 * another domain holds a reference on it. EVT-10 the last port of a FIFO queue is a port that was last
 * linked there.
 */
#ifndef CORE_EVTCHN_H
#define CORE_EVTCHN_H

#include "core/vcpu.h"
#include <xen/event_channel.h>

enum evtchn_state { EVT_FREE, EVT_RESERVED, EVT_UNBOUND, EVT_INTERDOMAIN, EVT_PIRQ, EVT_VIRQ, EVT_IPI };

struct evtchn { /* 32 bytes: a bucket of them is half a page */
    spinlock_t lock;
    uint8_t state;
    uint16_t notify_vcpu;
    uint16_t virq;             /* or pirq */
    domid_t remote_domid;      /* UNBOUND: who may bind */
    uint32_t port;
    uint32_t remote_port;
    struct domain *remote;     /* INTERDOMAIN: holds a reference */
    /* FIFO: */
    uint32_t last_queue;       /* vcpu and priority where it was last linked; survives closing */
    uint8_t priority;
    bool missed;               /* raised before its word was there */
};

_Static_assert(sizeof(struct evtchn) == 32, "a bucket is a small object");

int evtchn_domain_init(struct domain *d);
int evtchn_domain_close_all(struct domain *d); /* on destroy; -ERESTART */
void evtchn_domain_free(struct domain *d);

/* Each: caller = the domain that asks; 0 or -errno as in public/event_channel.h and Xen 4.17. */
int evtchn_alloc_unbound(struct domain *caller, struct evtchn_alloc_unbound *a);
int evtchn_bind_interdomain(struct domain *caller, struct evtchn_bind_interdomain *a);
int evtchn_bind_virq(struct domain *caller, struct evtchn_bind_virq *a);
int evtchn_bind_ipi(struct domain *caller, struct evtchn_bind_ipi *a);
int evtchn_bind_pirq(struct domain *caller, struct evtchn_bind_pirq *a); /* see core/pirq.h */
int evtchn_close(struct domain *caller, evtchn_port_t port);
int evtchn_send(struct domain *caller, evtchn_port_t port);
int evtchn_status(struct domain *caller, struct evtchn_status *a);
int evtchn_bind_vcpu(struct domain *caller, evtchn_port_t port, unsigned vcpu);
int evtchn_unmask(struct domain *caller, evtchn_port_t port);
int evtchn_reset(struct domain *caller, struct evtchn_reset *a); /* -ERESTART; back to 2-level */
int evtchn_init_control(struct domain *caller, struct evtchn_init_control *a);
int evtchn_expand_array(struct domain *caller, const struct evtchn_expand_array *a);
int evtchn_set_priority(struct domain *caller, const struct evtchn_set_priority *a);

/* The physical interrupt that d has bound to port has come. */
void evtchn_raise_pirq(struct domain *d, evtchn_port_t port, unsigned pirq);
bool evtchn_port_pending(struct domain *d, evtchn_port_t port); /* pending bit, whatever the mask */
bool evtchn_port_open(struct domain *d, evtchn_port_t port);
void virq_raise_vcpu(struct vcpu *v, unsigned virq);   /* per-vcpu VIRQs: TIMER, DEBUG, … */
void virq_raise_global(unsigned virq);                 /* to its handler's binding */
/* Who gets a global VIRQ: the control domain, until the toolstack names another. -EINVAL not a global one. */
int virq_set_handler(unsigned virq, struct domain *d);
/* Everything pending of v->info must be redelivered after vcpu_info moved. */
void evtchn_redeliver(struct vcpu *v);

unsigned evtchn_audit(struct domain *d); /* errors found */

#endif
