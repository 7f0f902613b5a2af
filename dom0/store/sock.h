/* SPDX-License-Identifier: MIT */
/* Dom0's programs, through unix sockets. */
#ifndef STORE_SOCK_H
#define STORE_SOCK_H

#include "conn.h"

struct sock {
    struct conn conn;
    int fd;
    uint32_t events; /* what epoll watches for */
};

/* One client that waits at the listening socket; added to the epoll set. */
void sock_accept(int listener, int epoll, bool readonly);
struct sock *sock_add(int fd, int epoll, bool readonly); /* NULL: no memory; fd is closed */
bool conn_is_sock(const struct conn *c);

#endif
