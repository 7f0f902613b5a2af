/* SPDX-License-Identifier: MIT */
/*
 * Debug keys: short reports an operator asks for, typed at the console after three times Ctrl-A,
 * or sent by XEN_SYSCTL_debug_keys. Letters are Xen's where Xen has the report.
 * A report is bounded (KEY_LINES) and holds no lock while it prints: what it shows may be a moment
 * apart, line by line.
 */
#ifndef CORE_KEYS_H
#define CORE_KEYS_H

#include "lib/types.h"

#define KEY_LINES 300

/* Where no lock is held. What is no key is answered in a line. */
void debug_key(char key);

/* The machine's. Port: x86/keys.c. */
struct vcpu;
void port_report_vcpu(const struct vcpu *v); /* its registers as last saved */
void port_report_cpus(void);
_Noreturn void port_crash(void);

#endif
