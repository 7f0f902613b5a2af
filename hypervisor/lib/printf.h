/* SPDX-License-Identifier: MIT */
/* Formatted text. %d %i %u %x %X %p %s %c %% with width, 0, -, #, *, .prec and l, ll, z, h, hh.
 * The host build links libc's own. Returns the length the text wanted, like the C library. */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>
#include "lib/types.h"

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
