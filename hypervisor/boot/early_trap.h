/* SPDX-License-Identifier: MIT */
/* Exceptions from the first line of C to trap_init_cpu(): each is a panic with registers. */
#ifndef BOOT_EARLY_TRAP_H
#define BOOT_EARLY_TRAP_H

void early_trap_init(void);

#endif
