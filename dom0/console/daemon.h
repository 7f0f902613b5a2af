/* SPDX-License-Identifier: MIT */
/* What main.c gives the others. */
#ifndef CONSOLE_DAEMON_H
#define CONSOLE_DAEMON_H

#include "logfile.h"
#include <xenstore.h>

extern struct logfile_rules log_rules;

/* NULL while there is no store: it is looked for again. */
struct xs_handle *daemon_store(void);

#endif
