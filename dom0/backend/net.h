/* SPDX-License-Identifier: MIT */
/* What the files of a network card share beside its queues: where it leads, its connection, and the notes of its tap. */
#ifndef BACKEND_NET_H
#define BACKEND_NET_H

#include "link.h"
#include "netqueue.h"
#include "netscript.h"

struct netplan {
    struct link_plan link;
    char *bridge, *ip, *gateway, *script;
    struct netscript *running;
};

/* netconnect.c */
int net_connect(struct device *d);
void net_disconnect(struct device *d);

/* netnotes.c: a file for each tap that there is, below BACKEND_DIRECTORY. */
int netnotes_start(void);
void netnotes_add(const struct nic *n);
bool netnotes_has(const struct nic *n); /* the tap of that name is this device's */
void netnotes_remove(const struct nic *n);
/* Once, when the store is there: taps of devices that are not there any more are removed. */
void netnotes_sweep(void);

#endif
