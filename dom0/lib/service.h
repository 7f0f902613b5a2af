/* SPDX-License-Identifier: MIT */
/* What each daemon of Dom0 does to become one. */
#ifndef DOM0_SERVICE_H
#define DOM0_SERVICE_H

/* A unix socket that listens at path, only for root; what was there before is removed. -1: errno. */
int service_listen(const char *path);
/* TERM, INT and HUP as a signalfd, not as signals; PIPE is ignored. -1: errno. */
int service_signals(void);
/* Writes the process number to path; NULL: nowhere. */
void service_pid_file(const char *path);

#endif
