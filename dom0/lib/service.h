/* SPDX-License-Identifier: MIT */
/* What each daemon of Dom0 does to become one. */
#ifndef DOM0_SERVICE_H
#define DOM0_SERVICE_H

/* A unix socket that listens at path, only for root; what was there before is removed. -1: errno. */
int service_listen(const char *path);
/* TERM, INT and HUP as a signalfd, not as signals; PIPE is ignored. -1: errno. */
int service_signals(void);
/* Goes into the background. The process that was started ends only when the one behind it says service_ready(), with status 0, or
 * when that one ends before, with status 1: who starts a daemon can use it at once. -1: errno. */
int service_background(void);
void service_ready(void);
/* One daemon at a time has the file's lock, until it ends; one that is just ending is waited for. 0 or -1: errno EWOULDBLOCK. */
int service_lock(const char *path);
/* Writes the process number to path; NULL: nowhere. */
void service_pid_file(const char *path);

#endif
