/* SPDX-License-Identifier: MIT */
/* The times before log lines (console_timestamps=), in Xen's forms. */
#ifndef CORE_TIMESTAMP_H
#define CORE_TIMESTAMP_H

#include "lib/types.h"

enum timestamp_mode { STAMP_NONE, STAMP_DATE, STAMP_DATE_MS, STAMP_BOOT, STAMP_RAW };

#define TIMESTAMP_MAX 40

/*
 * "[2026-01-31 23:59:59] ", "[2026-01-31 23:59:59.123] ", "[   12.345678] ", "[0000000012345678] ":
 * text and length; boot_ns since boot, wall_ns since 1970.
 */
size_t timestamp_print(char out[TIMESTAMP_MAX], enum timestamp_mode mode, uint64_t boot_ns,
                       uint64_t wall_ns);

#endif
