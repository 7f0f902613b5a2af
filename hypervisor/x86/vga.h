/* SPDX-License-Identifier: MIT */
/*
 * The VGA's text mode, 80 by 25, from after memory is set up until the first domain takes the VGA.
 * LIMIT: a panic after that, or before memory is set up, is not on the screen.
 * Caller holds the console lock.
 */
#ifndef X86_VGA_H
#define X86_VGA_H

#include "lib/types.h"

void vga_init(void); /* maps it; the screen begins empty */
void vga_write(const char *s, size_t n);
void vga_leave(void); /* from now on vga_write() does nothing */

#endif
