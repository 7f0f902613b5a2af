/* SPDX-License-Identifier: MIT */
/*
 * The network back end: a card is a tap in Dom0 and queues to its guest. open() makes the tap and leads it to where it is to go,
 * connect() the queues; the tap stays when pxbackd ends, and a note of it in NOTES for the next one, which removes it if its
 * device has gone in between.
 */
#define _GNU_SOURCE
#include "net.h"
#include "log.h"
#include "netcredit.h"
#include "tap.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MTU_MIN 68
#define MTU_MAX 65521 /* with its headers 65,535 bytes */
#define SCRIPTS "/etc/xen/scripts"
#define DEFAULT_BRIDGE "xenbr0"

static const char *const keys[] = {"mtu", "rate", NULL};

static int net_start(void)
{
    int err = netqueue_start();

    return err ? err : netnotes_start();
}

static void features(struct device *d, unsigned queues)
{
    static const char *const offered[] = {"feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6", "feature-ipv6-csum-offload",
                                          "feature-rx-copy", "feature-multicast-control", "feature-split-event-channels"};

    for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]); i++)
        key_write(d, offered[i], "1");
    key_write(d, "feature-rx-flip", "0");
    key_write(d, "multi-queue-max-queues", "%u", queues);
}

/* As many as Dom0 has processors, if who wrote the configuration has not chosen a number. */
static unsigned queues_to_offer(struct device *d)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t queues;

    if (key_number(d, false, "multi-queue-max-queues", 0, NET_QUEUES, &queues) && queues)
        return (unsigned)queues;
    return cpus < 1 ? 1 : cpus > NET_QUEUES ? NET_QUEUES : (unsigned)cpus;
}

/* "BYTES,MICROSECONDS": so many bytes in so long a time. */
static bool read_rate(struct nic *n)
{
    char *text = key_read(n->device, false, "rate");
    unsigned long bytes = 0, us = 0;
    char after;
    bool ok = !text || !*text || (sscanf(text, "%lu,%lu%c", &bytes, &us, &after) == 2 && bytes <= UINT32_MAX && us && us <= UINT32_MAX);

    if (ok)
        nic_rate(n, bytes, us);
    free(text);
    return ok;
}

static bool is_name(const char *s)
{
    if (!*s || strlen(s) >= IFNAMSIZ || !strcmp(s, ".") || !strcmp(s, ".."))
        return false;
    for (; *s; s++)
        if (!isgraph((unsigned char)*s) || *s == '/' || *s == ':' || *s == '%')
            return false;
    return true;
}

static char *key_or_empty(struct device *d, const char *key)
{
    char *s = key_read(d, false, key);

    return s ? s : strdup("");
}

/* Scripts that every Xen has are what the modes are: where they are not installed, their names mean the modes. */
static const char *mode_of(struct device *d, struct netplan *p)
{
    const char *base = strrchr(p->script, '/');
    char *mode = key_or_empty(d, "mode"), *whole;

    base = base ? base + 1 : p->script;
    if (*p->script && *p->script != '/' && asprintf(&whole, SCRIPTS "/%s", p->script) > 0) {
        free(p->script);
        p->script = whole;
        base = whole + strlen(SCRIPTS) + 1;
    }
    p->link.mode = LINK_BRIDGE;
    if (!strcmp(mode, "route") || !strcmp(base, "vif-route"))
        p->link.mode = LINK_ROUTE;
    else if (!strcmp(mode, "nat") || !strcmp(base, "vif-nat"))
        p->link.mode = LINK_NAT;
    else if (*mode && strcmp(mode, "bridge")) {
        free(mode);
        return "mode is neither bridge, route nor nat";
    }
    free(mode);
    if (*p->script && access(p->script, F_OK)) {
        if (strcmp(base, "vif-bridge") && strcmp(base, "vif-route") && strcmp(base, "vif-nat"))
            return "there is no such script";
        *p->script = 0;
    }
    return NULL;
}

/* A guest behind address translation has an address of its own, if none is given: 10.128.0.0/9 by its numbers. */
static void nat_addresses(struct nic *n)
{
    struct netplan *p = n->plan;
    unsigned domid = n->device->domid, net = 128 + (domid >> 8);
    char *text;

    if (!*p->ip && asprintf(&text, "10.%u.%u.%u", net, domid & 255, 2 + n->device->id % 252) > 0) {
        free(p->ip);
        p->ip = text;
        key_write(n->device, "ip", "%s", text);
    }
    if (!*p->gateway && strrchr(p->ip, '.') && asprintf(&text, "%.*s.1", (int)(strrchr(p->ip, '.') - p->ip), p->ip) > 0) {
        free(p->gateway);
        p->gateway = text;
        key_write(n->device, "gateway", "%s", text);
    }
}

static const char *read_plan(struct nic *n)
{
    struct netplan *p = n->plan;
    struct device *d = n->device;
    char *name = key_or_empty(d, "vifname");
    const char *why;
    uint64_t mtu;

    if (name && is_name(name))
        snprintf(n->name, sizeof(n->name), "%s", name);
    else
        snprintf(n->name, sizeof(n->name), "vif%u.%u", d->domid, d->id);
    free(name);
    p->bridge = key_or_empty(d, "bridge");
    p->ip = key_or_empty(d, "ip");
    p->gateway = key_or_empty(d, "gateway");
    p->script = key_or_empty(d, "script");
    if (!p->bridge || !p->ip || !p->gateway || !p->script)
        return "no memory";
    if ((why = mode_of(d, p)))
        return why;
    if (*p->bridge && !is_name(p->bridge))
        return "its bridge has no name that an interface could have";
    if (!*p->bridge && if_nametoindex(DEFAULT_BRIDGE)) {
        free(p->bridge);
        p->bridge = strdup(DEFAULT_BRIDGE);
    }
    if (!key_number(d, false, "mtu", 0, MTU_MAX, &mtu) || (mtu && mtu < MTU_MIN))
        return "mtu is no number from 68 to 65521";
    if (p->link.mode == LINK_NAT)
        nat_addresses(n);
    p->link = (struct link_plan){p->link.mode, n->name, p->bridge, p->ip, p->gateway, (unsigned)mtu};
    return read_rate(n) ? NULL : "rate is not BYTES,MICROSECONDS";
}

static void nic_free(struct nic *n)
{
    struct netplan *p = n->plan;

    credit_end(n);
    if (n->tap >= 0)
        close(n->tap);
    if (p) {
        netscript_forget(p->running);
        free(p->bridge);
        free(p->ip);
        free(p->gateway);
        free(p->script);
        free(p);
    }
    loop_bury(&n->timer_source);
}

static void script_done(void *of, int status)
{
    struct nic *n = of;

    n->plan->running = NULL;
    if (status) {
        key_write(n->device, "hotplug-status", "error");
        device_kill(n->device, "%s online: status %d", n->plan->script, status);
    }
    device_again(n->device);
}

static int lead(struct nic *n)
{
    struct netplan *p = n->plan;
    char why[200];
    int err;

    if (*p->script) {
        if (n->device->takeover)
            return 0;
        p->running = netscript_run(p->script, true, n->name, n->device->back, script_done, n);
        err = p->running ? 0 : errno;
        if (err)
            device_fail(n->device, err, "starting %s", p->script);
        return err;
    }
    err = link_set_up(&p->link, why, sizeof(why));
    if (err)
        device_fail(n->device, err, "%s", why);
    else
        key_write(n->device, "hotplug-status", "connected");
    return err;
}

static int net_open(struct device *d)
{
    struct nic *n = calloc(1, sizeof(*n));
    const char *why = NULL;
    int err;

    if (!n || !(n->plan = calloc(1, sizeof(*n->plan)))) {
        free(n);
        device_fail(d, ENOMEM, "a network card");
        return ENOMEM;
    }
    n->device = d;
    n->tap = n->timer = -1;
    n->queues_offered = queues_to_offer(d);
    if ((why = read_plan(n))) {
        device_fail(d, err = EINVAL, "%s", why);
        goto failed;
    }
    if (if_nametoindex(n->name) && !netnotes_has(n)) {
        device_fail(d, err = EEXIST, "there is an interface %s", n->name);
        goto failed;
    }
    if (!d->takeover)
        tap_remove(n->name); /* of a daemon that ended before its guest was there */
    if ((n->tap = tap_open(n->name, n->queues_offered > 1)) < 0) {
        err = errno;
        device_fail(d, err, "making the tap %s%s", n->name, err == ENOENT || err == ENODEV ? " (modprobe tun)" : "");
        goto failed;
    }
    netnotes_add(n);
    if (!d->takeover)
        tap_carrier(n->tap, false);
    if ((err = lead(n))) {
        tap_forget(n->tap);
        netnotes_remove(n);
        goto failed;
    }
    features(d, n->queues_offered);
    d->data = n;
    return 0;
failed:
    nic_free(n);
    return err;
}

/* A script may want the tap until it ends; the descriptor is what keeps it. */
static void offline_done(void *of, int status)
{
    (void)status;
    close((int)(intptr_t)of);
}

static void net_close(struct device *d)
{
    struct nic *n = d->data;
    struct netplan *p = n->plan;

    tap_forget(n->tap);
    if (!*p->script)
        link_forget(&p->link);
    else if (netscript_run(p->script, false, n->name, d->back, offline_done, (void *)(intptr_t)n->tap))
        n->tap = -1;
    netnotes_remove(n);
    nic_free(n);
}

static void net_changed(struct device *d, const char *key)
{
    struct nic *n = d->data;
    uint64_t mtu;

    if (!key)
        return;
    if (!strcmp(key, "rate") && !read_rate(n))
        log_line(LOG_ERROR, "%s: rate is not BYTES,MICROSECONDS", device_name(d));
    if (!strcmp(key, "mtu") && key_number(d, false, "mtu", 0, MTU_MAX, &mtu) && mtu >= MTU_MIN && mtu != n->plan->link.mtu &&
        !link_set_mtu(n->name, (unsigned)mtu))
        n->plan->link.mtu = (unsigned)mtu;
}

static bool net_round(void)
{
    netnotes_sweep();
    return netqueue_round();
}

const struct kind network_kind = {.name = "qnic",
                                  .keys = keys,
                                  .start = net_start,
                                  .open = net_open,
                                  .connect = net_connect,
                                  .disconnect = net_disconnect,
                                  .close = net_close,
                                  .changed = net_changed,
                                  .round = net_round};
