/* SPDX-License-Identifier: MIT */
/*
 * What the control domain may know of the machine and ask it to do (platform_op, mca). Port: x86/machine.c; the machine's
 * ends are in core/console.h.
 */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include "lib/types.h"

struct machine_cpu {
    uint32_t apic_id, acpi_id; /* the firmware's numbers for it; ~0: it gave none */
};

unsigned port_machine_cpus(void);                            /* numbered from 0, all of them running */
void port_machine_cpu(unsigned cpu, struct machine_cpu *out); /* cpu < port_machine_cpus() */
uint8_t port_keyboard_flags(void);                           /* shift, lock keys as the BIOS left them */

/* Has the machine the registers that switch it off? pm1: write these values to PM1 control A and B (if there is a B);
 * returns if the machine is still on after that. */
bool port_has_pm1(void);
void port_pm1_write(uint16_t a, uint16_t b);

#endif
