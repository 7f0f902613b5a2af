/* SPDX-License-Identifier: MIT */
/*
 * Dom0's end of a guest's network card: a tap, which the kernel makes when its name is opened and keeps when pxbackd ends, with its
 * bridge, addresses and routes. Each descriptor is a queue. A frame is read and written behind a struct virtio_net_hdr.
 */
#ifndef BACKEND_TAP_H
#define BACKEND_TAP_H

#include <stdbool.h>
#include "netframe.h"

/* One more queue of the tap, which is made if there is none; whether it may have several cannot be changed as long as it is (and costs:
 * the kernel then makes it with 256). It never blocks. -1: errno. */
int tap_open(const char *name, bool several);
/* What its reader takes. 0 or errno. */
int tap_offloads(int fd, const struct netframe_wants *w);
void tap_carrier(int fd, bool on);
/* Once its last descriptor is closed, it goes. */
void tap_forget(int fd);
/* The tap goes, if there is one of this name that nobody has open. */
void tap_remove(const char *name);

#endif
