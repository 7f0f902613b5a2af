/* SPDX-License-Identifier: MIT */
/*
 * The memory of a domain: giving it frames, taking them back, exchanging them, and the machine-to-phys
 * table (m2p) that goes with it.
 * Owns d->pages, d->xen_pages, tot_pages. Lock: d->pages_lock, inside d->mm.
 * Invariants: MEM-1 m2p[n] is M2P_INVALID unless frame n is owned by a domain that still has its own
 * reference. MEM-2 a frame on d->pages has owner d->id; tot_pages counts them.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include "core/domain.h"

/* The largest extent d may ask for. */
unsigned memory_max_order(const struct domain *d);

/* 2^order new frames for d, known to it as gpfn.. (M2P_INVALID: not yet). bits: machine address below
 * 2^bits, 0 = anywhere. -ENOMEM */
int memory_populate(struct domain *d, uint64_t gpfn, unsigned order, unsigned bits, mfn_t *out);
/* d gives one frame back; what still uses it (a mapping, a pin) keeps it until then. -EINVAL no such frame, -ENXIO not d's. */
int memory_remove(struct domain *d, mfn_t m);

/*
 * Claims: frames set aside for a domain that is being built, so that two creations at once do not both
 * find the memory there and then run out of it. What a domain gets counts against its claim.
 * pages: how large it is to become (0: no claim any more). -EINVAL it has one, is that large, or may not be; -ENOMEM.
 */
int memory_claim(struct domain *d, uint64_t pages);
uint64_t memory_claimed(void); /* by all domains */

/* Take a frame nobody uses away from d without freeing it; give it back as it was. -EINVAL in use. */
int memory_steal(struct domain *d, mfn_t m);
void memory_unsteal(struct domain *d, mfn_t m);
/* Exchange: stolen frames are gone, and these 2^order (from heap_alloc) come in their place. */
void memory_stolen_free(mfn_t m);
void memory_assign(struct domain *d, mfn_t m, unsigned order, uint64_t gpfn);

#endif
