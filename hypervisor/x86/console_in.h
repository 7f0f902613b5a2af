/* SPDX-License-Identifier: MIT */
/*
 * Input: taken from the serial line by its interrupt, and by a timer as long as no interrupt has come. While the control domain does not keep up, bytes stay in the line, which holds the sender
 * back; but only for HOLD_NS after it last read: a domain that hangs must not lock the operator out.
 */
#ifndef X86_CONSOLE_IN_H
#define X86_CONSOLE_IN_H

#include "core/console.h"

void console_in_init(const char conswitch[2]);
void console_in_start(uint32_t irq); /* 0: polled */

/* console.c: the lock of all of this. */
void console_lock(void);
void console_unlock(void);

#endif
