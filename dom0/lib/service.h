/* SPDX-License-Identifier: MIT */
/* What each daemon of Dom0 does to become one. */
#ifndef DOM0_SERVICE_H
#define DOM0_SERVICE_H

#include <stdbool.h>

/* What every daemon's command line knows, for its getopt_long(): a letter's meaning is service_option()'s, if that is true. */
#define SERVICE_LETTERS "FP:v"
#define SERVICE_OPTIONS {"foreground", 0, 0, 'F'}, {"pid-file", 1, 0, 'P'}, {"verbose", 0, 0, 'v'}, {"help", 0, 0, 'h'}
extern bool service_foreground;
bool service_option(int letter, const char *argument);
/* Says what could not be done, and errno's word, and ends with status 1. */
_Noreturn void service_die(const char *what);

/* A unix socket that listens at path, only for root; what was there before is removed. -1: errno. */
int service_listen(const char *path);
/* TERM, INT and HUP as a signalfd, not as signals; PIPE is ignored. -1: errno. */
int service_signals(void);
/* Goes into the background, unless in the foreground. The process that was started ends only when the one behind it says service_ready(), with status 0, or
 * when that one ends before, with status 1: who starts a daemon can use it at once. -1: errno. */
int service_background(void);
void service_ready(void);
/* One daemon at a time has the file's lock, until it ends; one that is just ending is waited for. 0 or -1: errno EWOULDBLOCK. */
int service_lock(const char *path);
/* Writes the process number where -P says. */
void service_pid_file(void);

#endif
