/* SPDX-License-Identifier: MIT */
/* The machine's ends: machine_poweroff() and machine_reboot() of core/console.h. */
#ifndef X86_POWER_H
#define X86_POWER_H

#include "core/console.h"

extern bool power_noreboot; /* halt where the machine would be reset */

#endif
