/* SPDX-License-Identifier: MIT */
/*
 * Domains' rings: a page shared with the domain and an event channel. Everything in the page may change at any time: each index
 * is read once, and believed only as far as it is possible.
 */
#ifndef STORE_RING_H
#define STORE_RING_H

#include "conn.h"

struct ring {
    struct conn conn;
    struct xenstore_domain_interface *page;
    bool said;                      /* something was put into the page or taken: the domain is to be told */
    bool broken;                    /* silent until the guest asks for a new connection */
    bool by_grant;                  /* how page was mapped */
    uint64_t gfn;
    uint32_t remote_port;
    int port;                       /* ours */
};

/* Handles of the hypervisor. What cannot be opened is said, and 0 returned without it. */
int ring_open(void);
int ring_events_fd(void);
void ring_events(void);             /* what the event channels say: rings become ready, or domains died */
/* 0 or errno. */
int ring_again(struct ring *r, uint32_t remote_port); /* a clean connection, on that port of the domain */
int ring_start(unsigned id, uint64_t gfn, uint32_t remote_port);
int ring_start_local(void);         /* Dom0's kernel, by /proc/xen/xsd_kva */
struct ring *ring_of(unsigned id);
void ring_stop(struct ring *r);
/* Asks the hypervisor which domains live: releases the dead, tells of those that shut down. */
void ring_check_domains(void);

#endif
