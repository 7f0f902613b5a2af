/* SPDX-License-Identifier: MIT */
/* What main.c gives the others. */
#ifndef CONSOLE_DAEMON_H
#define CONSOLE_DAEMON_H

#include "logfile.h"

extern struct logfile_rules log_rules;

#endif
