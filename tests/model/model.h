/* SPDX-License-Identifier: MIT */
/*
 * The model's parts share this. A part is a list of operations; an operation picks a domain, does
 * one thing with random arguments, and says if it succeeded. What happens afterwards (audits, the
 * count of successes) is the same for all and stands in model.c.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include "core/grant.h"
#include "core/memory.h"
#include "fake_port.h"
#include "hypercall/hypercall.h"

#define FRAMES 2048u
#define DOMAINS 4
#define MOST 180 /* frames of a domain */

struct operation {
    bool (*fn)(void);
    unsigned weight;
    const char *name;
};

/* Each ends with an empty one. */
extern const struct operation memory_ops[], table_ops[], grant_ops[], life_ops[];

extern struct domain *dom[DOMAINS];

/* ---- picking ---- */

uint32_t rnd(uint32_t below);
static inline bool chance(unsigned percent)
{
    return rnd(100) < percent;
}

/* Of the domains at random; one of its vcpus becomes the current one. */
struct domain *any_domain(void);
/* One of d's frames, MFN_INVALID if it has none; now and then something else. */
mfn_t any_frame(struct domain *d);
/* A validated table of d of this type, or of any if 0; if there is none, any frame. */
mfn_t any_table(struct domain *d, uint32_t type);
/* An entry for a table (if it is one) that maps or points to something of d. */
uint64_t any_entry(struct domain *d, mfn_t table);
/* Few places, so that entries are overwritten and tables shared. */
unsigned any_index(void);
gva_t any_address(void);

/* ---- calling ---- */

/* port_preempt_pending() becomes true after some looks, or never. never_preempt() ends that. */
void maybe_preempt(void);
void never_preempt(void);

/* A page's worth of guest memory for arguments, one for lists, both the same for all. */
extern gva_t guest_args, guest_list;
#define GUEST_LIST_BYTES (64u << 10)

/*
 * A hypercall of the current vcpu, executed again as long as it asks for that; now and then the
 * guest does something else instead (an event came) and never comes back to it: then -ERESTART.
 */
long call(hypercall_fn *fn, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4);

/* Everything recounted; a fault ends the process. */
void audit(void);

/* ---- between the parts ---- */

struct domain *new_domain(domid_t id);

/* The memory and tables a domain begins with; its vcpus run on them. */
void tables_begin(struct domain *d);
/* d is about to die: forget what it mapped. */
void grants_forget(struct domain *d);
/* In some runs the control domain puts others' frames into the tables of d. */
extern bool control_meddles;
void grants_given(struct domain *d);
/* Entries that map other domains' frames without a grant, or writable against it. */
unsigned grants_isolation_audit(void);

#endif
