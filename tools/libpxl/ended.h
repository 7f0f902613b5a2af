/* SPDX-License-Identifier: MIT */
#ifndef PXL_ENDED_H
#define PXL_ENDED_H

#include "internal.h"

/* reason: SHUTDOWN_* of xen/sched.h, or -1: it was alive. action: one word, what was done then. */
void ended_note(uint32_t domid, const char *name, int reason, const char *action);

/* That no domain of this name could be made, with the fault that is there as the reason; and the last such note of a name. */
void failed_note(struct pxl *p, const char *name);
bool failed_find(const char *name, int64_t *when, char *text, size_t size);

#endif
