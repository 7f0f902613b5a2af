/* SPDX-License-Identifier: MIT */
/*
 * What the store remembers of a domain, connected or not: since when it is known, and how much it owns.
 * Numbers are used again: domains_forget() at a death starts a new life of the number.
 */
#ifndef STORE_DOMAINS_H
#define STORE_DOMAINS_H

#include <stdbool.h>
#include <stdint.h>

#define NR_DOMIDS 0x7ff0u

struct domain_account {
    uint64_t born;      /* stamp of its first mention; 0: not known */
    uint32_t nodes, watches, transactions;
    uint32_t nodes_most; /* a quota of its own; 0: everybody's */
    bool introduced, shutdown_seen;
};

uint64_t domains_stamp(void); /* a clock that advances at each call */
void domains_stamp_set(uint64_t at_least); /* after a restart */
/* NULL: not a number a domain can have. */
struct domain_account *domains_account(unsigned id);
void domains_mention(unsigned id);          /* known from now on, if it was not */
bool domains_known_since(unsigned id, uint64_t stamp); /* it has lived since then */
void domains_forget(unsigned id);           /* it died; what it owns in the tree stays counted */

#endif
