/* SPDX-License-Identifier: MIT */
/*
 * A network card and its queues. A queue is a pair of rings, their event channels and one descriptor of the tap; events only put it
 * into the line of those that have work, netqueue_round() does a bounded part of it for each: packets of the guest's, and frames that
 * came for it, are copied by one call (into and from areas that all queues share, as there is one thread), packets are written to the
 * tap by one call, what answers them is copied by another, and the guest is notified of all of that by one.
 *
 * 1. An event channel stays masked as long as its queue is in the line for it: a guest that floods costs no interrupts.
 * 2. The tap is read only while the guest offers buffers: what does not fit waits in the tap, and beyond its length is lost there,
 *    as on any line. One frame at most waits here (the watch has it), for which the buffers did not suffice, of guests that keep
 *    to the rules: for others as many as reads waited.
 *    Who sends events for nothing, IDLE_MOST in a row, is heard once a millisecond.
 * 3. Reads always wait for the next frames (`watch`), but while one waits here.
 */
#ifndef BACKEND_NETQUEUE_H
#define BACKEND_NETQUEUE_H

#include <net/if.h>
#include "backend.h"
#include "linger.h"
#include "loop.h"
#include "netframe.h"

enum { NET_QUEUES = 8, NET_MULTICASTS = 64 };

struct queue {
    struct source tap_source; /* first: buried */
    struct nic *nic;
    int tap;
    struct net_tx tx;
    struct net_rx rx;
    struct port tx_port, rx_port; /* rx_port is not bound where one channel is for both */
    void *tx_page, *rx_page;
    bool tx_work, rx_work;         /* there may be something to send; frames and buffers to receive into */
    bool starved;                  /* a frame came, and the guest has too few buffers */
    bool tx_masked, rx_masked, listed;
    bool paused;                   /* what is masked stays so until the timer */
    struct lingering linger;       /* at what the guest sends */
    struct tap_watch *watch;
    unsigned reads, alone;         /* so many reads wait; so often it was one, and there may have been more */
    unsigned tx_idle, rx_idle;     /* events in a row that brought nothing */
    TAILQ_ENTRY(queue) line;
};

struct nic {
    struct source timer_source; /* first: buried */
    struct device *device;
    char name[IFNAMSIZ];
    int tap;      /* kept open from open() to close(): the first queue's */
    int timer;    /* wakes queues that wait for credit; -1: none was needed yet */
    struct netframe_wants wants;
    uint32_t largest; /* frame that the front end takes */
    bool filtered;    /* multicast only to the addresses below */
    unsigned multicasts;
    uint8_t multicast[NET_MULTICASTS][6];
    uint64_t rate_bytes, rate_us; /* so many bytes in so long a time; 0: as many as there are */
    int64_t credit;
    uint64_t credit_at; /* microseconds */
    uint64_t bad_packets;
    unsigned queues_offered, queues;
    struct queue *queue[NET_QUEUES];
    struct netplan *plan; /* net.c's */
};

int netqueue_start(void); /* the area; 0 or errno */
/* Maps and binds; on an error nothing is left, and *what says what it was. */
int netqueue_open(struct queue *q, const uint32_t refs[2], const uint32_t ports[2], const char **what);
/* Unmaps and unbinds, and frees it. The tap's descriptor stays open. */
void netqueue_close(struct queue *q);
/* All of it is to be looked at. */
void netqueue_wake(struct queue *q);
bool netqueue_round(void);
void nic_rate(struct nic *n, uint64_t bytes, uint64_t us);

#endif
