/* SPDX-License-Identifier: MIT */
/*
 * Pirqs: a domain's numbers for physical interrupts, below nr_pirqs. For lines of I/O APICs the control domain uses
 * the machine's own numbers; messages get theirs from the top down.
 *
 *            get_free              map                     bind
 *   FREE ------------> ALLOCATED ---------> MAPPED (irq) <-------> MAPPED with a port
 *     \_____________________map______________/ |  unmap     close      |
 *      ^--------------------------------------'                       | unmap
 *      ^------------------------ close ---------------- LEAVING <-----'
 *
 * The table is guarded by the domain's evtchn lock; an irq's lock is taken inside it. Invariants: PIRQ-1 an irq has at most
 * one pirq in a domain. PIRQ-2 a pirq with a port is named by that port, of state EVT_PIRQ, and the other way round.
 */
#ifndef CORE_PIRQ_H
#define CORE_PIRQ_H

#include "core/irq.h"

enum pirq_state { PIRQ_FREE, PIRQ_ALLOCATED, PIRQ_MAPPED, PIRQ_LEAVING };

struct pirq {
    struct irq *irq;    /* MAPPED */
    evtchn_port_t port; /* 0: not bound */
    uint8_t state;
};

struct pirq_table {
    uint64_t *eoi_map;  /* the guest's page: a bit for each pirq that wants an EOI; or NULL */
    mfn_t eoi_mfn;      /* with a reference and a writable type */
    bool auto_unmask;   /* EOI unmasks the port */
    struct pirq pirq[]; /* nr_pirqs */
};

extern unsigned nr_pirqs;

void pirq_init(void); /* once, when the GSIs are known */

/* -1: choose one. The pirq, also if it is mapped so already; -EINVAL, -EEXIST (irq has another pirq), -EBUSY (pirq has another message),
 * -ENOSPC, -ENOMEM. line: a GSI, else a message. */
int pirq_map(struct domain *d, int pirq, struct irq *irq, bool line);
int pirq_unmap(struct domain *d, int pirq);     /* 0 or -EINVAL */
int pirq_get_free(struct domain *d, bool line); /* the pirq, -ENOSPC, -ENOMEM */
bool pirq_mapped(struct domain *d, int pirq, const struct irq *irq); /* as pirq, or any if -1 */

int pirq_eoi(struct domain *d, unsigned pirq);    /* 0 or -EINVAL */
int pirq_shared(struct domain *d, unsigned pirq); /* 0, 1 or -EINVAL */
/* The page of bits; unmask: the first form of the call. 0, -EINVAL, -EBUSY, -ENOMEM. */
int pirq_eoi_map_set(struct domain *d, mfn_t m, bool unmask);

/* For core/evtchn_bind.c, with d's evtchn lock held. */
int pirq_bind_check(struct domain *d, unsigned pirq); /* 0, -EINVAL, -EPERM, -EEXIST */
int pirq_bind(struct domain *d, unsigned pirq, evtchn_port_t port,
              bool share); /* 0 or -EBUSY, -ENOSPC */
void pirq_unbind(struct domain *d, unsigned pirq);
void pirq_follow(struct domain *d, unsigned pirq,
                 unsigned vcpu); /* notify that vcpu's CPU from now on */

void pirq_domain_release(struct domain *d); /* unmap all; no port is bound any more */
void pirq_domain_free(struct domain *d);

unsigned pirq_audit(struct domain *d); /* errors found */

#endif
