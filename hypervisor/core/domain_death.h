/* SPDX-License-Identifier: MIT */
/*
 * How a domain dies: domain_destroy() stops it, makes its peers notice, drops its tables and frees
 * its frames step by step; what others still use keeps it a zombie (DYING, in the table), looked at
 * again by a timer; the last reference has it buried: freed by domain_reap(), which runs where no
 * lock is held, because a last reference may be dropped anywhere.
 *
 *   steps:  (vcpus stopped) EVENTS -> TABLES -> GRANTS -> UNPIN -> RELEASE -> ZOMBIE -> DONE
 */
#ifndef CORE_DOMAIN_DEATH_H
#define CORE_DOMAIN_DEATH_H

#include "core/domain.h"

void domain_death_init(struct domain *d);
void domain_bury(struct domain *d);       /* no references left: free it soon */
void domain_reap(void);                   /* free what was buried; no lock held */
void domain_free_parts(struct domain *d); /* everything domain_create() and its users gave it */

void domain_forget(struct domain *d); /* core/domain.c: the id and the memory */

#endif
