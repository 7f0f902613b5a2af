/* SPDX-License-Identifier: MIT */
/*
 * Log files with rotation: NAME.log, and the older NAME.log.1 (newest) to NAME.log.KEEP. A file is opened for each piece that is
 * written: a thousand guests need no thousand descriptors, and who moves a file away disturbs nothing.
 */
#ifndef CONSOLE_LOGFILE_H
#define CONSOLE_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

struct logfile_rules {
    const char *directory;  /* NULL: no logs */
    uint64_t size;          /* no file becomes longer, but by one piece; 0: no limit */
    unsigned keep;          /* older ones */
};

/* DIRECTORY/NAME.log, malloc'ed; what could lead elsewhere in a name becomes '_'. NULL: no memory. */
char *logfile_path(const struct logfile_rules *rules, const char *name);
/* 0 or errno. */
int logfile_append(const struct logfile_rules *rules, const char *path, const char *data, size_t n);

#endif
