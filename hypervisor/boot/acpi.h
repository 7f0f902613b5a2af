/* SPDX-License-Identifier: MIT */
/*
 * What the firmware's ACPI tables say, read once at boot into `platform`: CPUs, interrupt
 * controllers, timers, how to switch off. Every length is checked against the table's own, and
 * every table against its checksum; AML is not interpreted (\_S5 is found by its byte pattern).
 */
#ifndef BOOT_ACPI_H
#define BOOT_ACPI_H

#include "boot/multiboot.h"

void acpi_init(const struct boot_info *info);

#endif
