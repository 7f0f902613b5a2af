/* SPDX-License-Identifier: MIT */
/*
 * The whole state in a file: written when the daemon ends or renews itself, read when it starts, so that no domain and no
 * toolstack notices. Nodes, permissions, watches and half-read messages of domains; over a live reload also Dom0's open sockets.
 * Of transactions only the numbers are kept: what they saw is not known any more, so they end with EAGAIN, and their clients begin again.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <stdbool.h>

/* sockets: also those of Dom0's clients, which stay open over exec. False: errno. */
bool state_write(int fd, bool sockets);
/* What does not make sense ends the reading with a message; what was read until then stands. */
bool state_read(int fd, int epoll);

#endif
