/* SPDX-License-Identifier: MIT */
#ifndef PXL_ENDED_H
#define PXL_ENDED_H

#include "internal.h"

/* reason: SHUTDOWN_* of xen/sched.h, or -1: it was alive. action: one word, what was done then. */
void ended_note(uint32_t domid, const char *name, int reason, const char *action);

#endif
