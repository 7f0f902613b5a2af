/* SPDX-License-Identifier: MIT */
/*
 * Refusals: every "no" the hypervisor says to a guest is recorded once, here, with its reason
 * (an unknown hypercall that is repeated: the first time).
 * Owns: a bounded ring per domain (REFUSAL_SLOTS newest). No lock: a slot is claimed by an atomic
 * counter and written by its claimer; a reader sees a slot's sequence before and after.
 * Printed as it happens when guest_loglvl=all; kept for crash reports and the tools. One that repeats
 * (hypercall, sub-operation, errno, reason) is printed once in REPEAT_NS and counted; and only so many
 * lines a second are printed for one domain. The counts are told with the next line of that kind, when
 * the kind is forgotten, or when the domain ends. The filter has a lock of its own (rank: below all,
 * nothing is taken inside it).
 */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

#include "core/ratelimit.h"
#include "lib/spinlock.h"

struct domain;

enum reason {
#define REASON(id, text) REASON_##id,
#include "core/reasons.def"
#undef REASON
    REASON_COUNT
};

const char *reason_text(enum reason r);

struct refusal {
    uint64_t seq;       /* 1.. ; 0 = slot never used */
    uint64_t time;      /* ns since boot */
    uint16_t vcpu;
    uint8_t hypercall;  /* number; 0xff: not in a hypercall */
    uint8_t pad;
    uint32_t sub;       /* sub-operation */
    int32_t err;        /* negative errno */
    uint32_t reason;
    uint64_t op[3];     /* operands, by reason */
};

#define REFUSAL_SLOTS 32
#define REFUSAL_KINDS 16
#define REPEAT_NS 5000000000ll

/* What was printed lately. */
struct refusal_filter {
    spinlock_t lock;
    struct ratelimit limit;
    struct refusal_kind {
        uint64_t said; /* when it was printed last; 0: not in use */
        uint32_t more; /* of it since, not printed */
        uint32_t sub, reason;
        int32_t err;
        uint8_t hypercall;
    } kind[REFUSAL_KINDS];
};

struct refusal_ring {
    uint64_t next;
    struct refusal slot[REFUSAL_SLOTS];
    struct refusal_filter filter;
};

/*
 * Record and return -err, so that a check reads: return refuse(d, EINVAL, PTE_RESERVED, mfn, entry, i);
 * d: the domain that asked (its ring). The vcpu, hypercall and sub-op come from port_current().
 */
int refuse_at(struct domain *d, int err, enum reason r, uint64_t a, uint64_t b, uint64_t c);
#define refuse(d, err, r, a, b, c) refuse_at(d, err, REASON_##r, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c))

/* Up to max (at most REFUSAL_SLOTS) of the newest refusals of d with a seq above `after`, oldest first; how many. */
unsigned refusals_read(const struct domain *d, uint64_t after, struct refusal *out, unsigned max);
/* The hypercall's name, and the reason in words. */
void refusal_words(const struct refusal *r, char *name, size_t name_size, char *text, size_t text_size);

/* d ends: how many were not printed. */
void refusals_tell_rest(struct domain *d);

/* The newest n refusals of d, oldest first, to the log. */
void refusals_print(struct domain *d, unsigned n);

#endif
