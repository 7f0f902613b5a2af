/* SPDX-License-Identifier: MIT */
/* A script of the person's, in place of link.h's work: called as xl calls /etc/xen/scripts/vif-bridge and its like. */
#ifndef BACKEND_NETSCRIPT_H
#define BACKEND_NETSCRIPT_H

#include <stdbool.h>

struct netscript;

/* Starts it; `done` is called once from the loop, with 0 or what waitpid() said (-1: it was not started), unless it is forgotten. NULL:
 * errno. `back` is the device's folder in the store, with or without /local/domain/0. */
struct netscript *netscript_run(const char *script, bool online, const char *name, const char *back, void (*done)(void *of, int status),
                                void *of);
/* Nobody wants to know any more how it ends. */
void netscript_forget(struct netscript *s);

#endif
