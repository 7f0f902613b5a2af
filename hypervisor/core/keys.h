/* SPDX-License-Identifier: MIT */
/*
 * Debug keys: short reports an operator asks for, typed at the console after three times Ctrl-A,
 * or sent by XEN_SYSCTL_debug_keys. Letters are Xen's where Xen has the report.
 * A report is bounded (KEY_LINES) and takes locks for a few instructions at a time.
 */
#ifndef CORE_KEYS_H
#define CORE_KEYS_H

#include "lib/types.h"

#define KEY_LINES 400

/* Where no lock is held. What is no key is answered in a line. */
void debug_key(char key);

struct domain;

/* The reports; each says at most `lines` lines and returns how many are left. */
unsigned evtchn_dump(struct domain *d, unsigned lines);
unsigned grant_dump(struct domain *d, unsigned lines);
unsigned sched_dump(unsigned lines);

/* The machine's. Port. */
void port_dump_cpus(void);
void port_dump_vcpus(struct domain *d);
_Noreturn void machine_reboot(void);

#endif
