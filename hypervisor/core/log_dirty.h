/* SPDX-License-Identifier: MIT */
/*
 * Which pages of a domain change, for a live migration. Owns, of each domain that is asked about, a bitmap by
 * PFN: changed since the last question.
 *
 * Who writes to a page of a guest, and how it becomes known:
 *  - the guest, through L1 entries. The CPU sets A (and D) in the entry. A question clears A in all entries that
 *    let the domain write to its own pages, and flushes the TLBs; the next one finds the pages that were used
 *    through such an entry since. D is the guest's to read (it tells it what must go to disk) and stays; a guest
 *    that misses A takes a page for less used than it is. So a page that is only read counts as changed if it
 *    is mapped writable, and was written through that entry once.
 *  - the guest, through an entry that is gone or changed by the time of the question: whoever drops or changes the
 *    entry says so (log_dirty_entry_gone).
 *  - another domain, through a writable grant or, as the control domain, through an entry of its own: such pages
 *    are changed at every question, and once more when the mapping goes.
 *  - the hypervisor. What it writes at any time (page tables and descriptor pages in use, vcpu_info, event words) is changed
 *    at every question; a table also when it stops being one. Whatever else it writes it says: log_dirty_wrote(),
 *    after the write. Stores through guest addresses are seen as the guest's own.
 *  - pages that the domain gets, and frames that become another PFN.
 *
 * While a question is answered the domain is paused: nothing of it is lost between the look at the entries and the bitmap.
 * Lock: one for all bitmaps, the last in the order.
 */
#ifndef CORE_LOG_DIRTY_H
#define CORE_LOG_DIRTY_H

#include "core/pte.h"

struct domain;

struct log_dirty {
    uint64_t nr;     /* PFNs */
    bool beyond;     /* a PFN that is not below nr has changed */
    uint64_t bits[]; /* whole words */
};

extern unsigned log_dirty_domains; /* how many are asked about */

/* A page of RAM has changed, whoever owns it. */
void log_dirty_mark(mfn_t m);

static inline void log_dirty_wrote(mfn_t m)
{
    if (unlikely(READ_ONCE(log_dirty_domains)))
        log_dirty_mark(m);
}

/* A present L1 entry was exchanged. */
static inline void log_dirty_entry_gone(uint64_t e)
{
    if (unlikely(READ_ONCE(log_dirty_domains)) && (e & (PTE_RW | PTE_A | PTE_D)) == (PTE_RW | PTE_A | PTE_D))
        log_dirty_mark(pte_mfn(e));
}

/* From now on; nothing has changed yet. -ENOMEM. Not for a domain that is asked about already. */
int log_dirty_begin(struct domain *d);
void log_dirty_end(struct domain *d); /* also if it is not asked about */

/* Bring the bitmap up to date: d is paused, and stays so until the bitmap was read. How many pages have changed. */
uint64_t log_dirty_collect(struct domain *d);
/* Copy bits out, from PFN 8 * first, and clear them if asked. Beyond the bitmap everything has changed. */
void log_dirty_read(struct domain *d, uint64_t first, uint8_t *out, size_t bytes, bool clear);

/* For core/log_dirty_look.c alone. */
void log_dirty_mark_pfn(struct domain *d, uint64_t pfn);
void log_dirty_set(struct domain *d, struct log_dirty *l);

#endif
