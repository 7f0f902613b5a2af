/* SPDX-License-Identifier: MIT */
/* A front end's choices, and its queues. */
#define _GNU_SOURCE
#include "log.h"
#include "net.h"
#include "tap.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A key of the front end's that is 0 or 1; anything else is no. */
static bool says(struct device *d, const char *key)
{
    uint64_t value;

    return key_number(d, true, key, 0, 1, &value) && value;
}

static void choices(struct nic *n)
{
    struct device *d = n->device;
    bool sg = says(d, "feature-sg");

    n->wants = (struct netframe_wants){.csum4 = !says(d, "feature-no-csum-offload"),
                                       .csum6 = says(d, "feature-ipv6-csum-offload"),
                                       .tso4 = sg && says(d, "feature-gso-tcpv4"),
                                       .tso6 = sg && says(d, "feature-gso-tcpv6")};
    n->largest = sg ? NET_FRAME_MAX : NET_PAGE;
    n->filtered = says(d, "request-multicast-control");
    n->multicasts = 0;
}

/* A reference or a port, at the top or in the folder of its queue. */
static bool read_number(struct device *d, const char *folder, const char *key, uint32_t *value)
{
    char path[64];
    uint64_t number;

    snprintf(path, sizeof(path), "%s%s", folder, key);
    if (!key_number(d, true, path, UINT64_MAX, UINT32_MAX, &number) || number == UINT64_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool read_queue(struct device *d, const char *folder, uint32_t refs[2], uint32_t ports[2])
{
    if (!read_number(d, folder, "tx-ring-ref", &refs[0]) || !read_number(d, folder, "rx-ring-ref", &refs[1]))
        return false;
    if (read_number(d, folder, "event-channel-tx", &ports[0]) && read_number(d, folder, "event-channel-rx", &ports[1]))
        return ports[0] != ports[1];
    if (!read_number(d, folder, "event-channel", &ports[0]))
        return false;
    ports[1] = ports[0];
    return true;
}

/* One queue more; `folder` is where its keys are. */
static int add_queue(struct nic *n, const char *folder)
{
    struct device *d = n->device;
    uint32_t refs[2], ports[2];
    const char *what;
    struct queue *q;
    int err;

    if (!read_queue(d, folder, refs, ports)) {
        device_fail(d, EINVAL, "its front end does not name the rings and event channels of %s", *folder ? folder : "its queue");
        return EINVAL;
    }
    q = calloc(1, sizeof(*q));
    if (!q) {
        device_fail(d, ENOMEM, "a queue");
        return ENOMEM;
    }
    q->nic = n;
    q->tx_port.local = q->rx_port.local = -1;
    q->tap = n->queues ? tap_open(n->name, n->queues_offered > 1) : n->tap;
    n->queue[n->queues++] = q;
    if (q->tap < 0) {
        err = errno;
        device_fail(d, err, "one more queue of %s", n->name);
        return err;
    }
    if ((err = netqueue_open(q, refs, ports, &what)))
        device_fail(d, err, "%s", what);
    return err;
}

static void close_queues(struct nic *n)
{
    for (unsigned i = 0; i < n->queues; i++) {
        int tap = n->queue[i]->tap;

        netqueue_close(n->queue[i]);
        if (i && tap >= 0)
            close(tap);
    }
    n->queues = 0;
}

static int add_queues(struct nic *n)
{
    struct device *d = n->device;
    uint64_t wanted;
    char folder[16];
    int err = 0;

    if (!key_number(d, true, "multi-queue-num-queues", 1, n->queues_offered, &wanted) || !wanted) {
        device_fail(d, EINVAL, "its front end wants a number of queues that there is not");
        return EINVAL;
    }
    if (wanted == 1)
        return add_queue(n, "");
    for (unsigned i = 0; i < wanted && !err; i++) {
        snprintf(folder, sizeof(folder), "queue-%u/", i);
        err = add_queue(n, folder);
    }
    return err;
}

int net_connect(struct device *d)
{
    struct nic *n = d->data;
    int err;

    if (n->plan->running)
        return EAGAIN;
    if (!says(d, "request-rx-copy")) {
        device_fail(d, EOPNOTSUPP, "its front end wants pages to change their owner (no request-rx-copy)");
        return EOPNOTSUPP;
    }
    choices(n);
    err = add_queues(n);
    for (unsigned i = 0; i < n->queues && !err; i++)
        if ((err = tap_offloads(n->queue[i]->tap, &n->wants)))
            device_fail(d, err, "offloads of %s", n->name);
    if (err) {
        close_queues(n);
        return err;
    }
    tap_carrier(n->tap, true);
    for (unsigned i = 0; i < n->queues; i++) {
        netqueue_wake(n->queue[i]);
        if (!d->takeover)
            continue;
        /* The one before may have ended between an answer and its event. */
        port_notify(&n->queue[i]->tx_port);
        if (n->queue[i]->rx_port.local >= 0)
            port_notify(&n->queue[i]->rx_port);
    }
    return 0;
}

void net_disconnect(struct device *d)
{
    struct nic *n = d->data;

    close_queues(n);
    tap_carrier(n->tap, false);
    device_settled(d);
}
