/* SPDX-License-Identifier: MIT */
/*
 * The console: log lines with their levels, the kept ring, guests' output. Declared for the rest of
 * the hypervisor in core/log.h and core/console.h; this is what boot and panic need on top.
 * Everything is guarded by the console lock (rank 12), except in a panic, which breaks it.
 */
#ifndef X86_CONSOLE_H
#define X86_CONSOLE_H

#include "core/console.h"
#include "core/log.h"

/* hv, guest: the highest level of the hypervisor's and of the guests' lines shown. */
void console_init(bool com1, uint16_t port, uint32_t baud, enum log_level hv, enum log_level guest);
/* From now on nobody waits for the lock: the CPU in panic is alone. */
void console_break_lock(void);

#endif
