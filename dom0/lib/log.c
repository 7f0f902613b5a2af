/* SPDX-License-Identifier: MIT */
#include "log.h"
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

int log_level = LOG_NOTE;

static const char *program = "daemon";
static bool to_stderr = true;

void log_open(const char *name, bool foreground)
{
    program = name;
    to_stderr = foreground;
    if (!foreground)
        openlog(name, LOG_PID, LOG_DAEMON);
}

void log_line(int level, const char *format, ...)
{
    va_list ap;

    if (level > log_level)
        return;
    va_start(ap, format);
    if (to_stderr) {
        fprintf(stderr, "%s: ", program);
        vfprintf(stderr, format, ap);
        fputc('\n', stderr);
    } else {
        vsyslog(level == LOG_ERROR ? LOG_ERR : level == LOG_NOTE ? LOG_NOTICE : LOG_DEBUG, format, ap);
    }
    va_end(ap);
}
