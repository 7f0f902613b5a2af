/* SPDX-License-Identifier: MIT */
/* The reports behind the debug keys. Each says at most `lines` lines and returns how many are left. */
#ifndef CORE_DUMP_H
#define CORE_DUMP_H

#include "core/domain.h"

unsigned evtchn_dump(struct domain *d, unsigned lines);
unsigned grants_dump(struct domain *d, unsigned lines);
unsigned sched_dump(unsigned lines);
/* What runs on a CPU, with a reference on its domain; NULL: nothing. */
struct vcpu *sched_running(unsigned cpu);

#endif
