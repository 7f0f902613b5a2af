/* SPDX-License-Identifier: MIT */
/*
 * A hostile back end: makes disks (`badback vbd DOMID`) or a card (`badback vif DOMID TRICK`) for a guest, serves them by the rules
 * for a while, and then does what no back end may. It takes each away afterwards; what became of the guest is the test's affair.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/blkif.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

static struct xs_handle *xs;
static xengnttab_handle *gnttab;
static xenevtchn_handle *evtchn;
static char front[96], back[96];
static bool is_disk;
static uint32_t domid, id;
/* The two rings of a card, or a disk's one, as words too. */
static volatile uint32_t *rings[2];
static xenevtchn_port_or_error_t port;

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint32_t some(void)
{
    static uint64_t x = 88172645463325252ull;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return (uint32_t)(x >> 16);
}

static void fatal(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- The store ---- */

__attribute__((format(printf, 3, 4))) static void set(const char *folder, const char *key, const char *format, ...)
{
    char path[160], value[96];
    va_list args;

    va_start(args, format);
    vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    snprintf(path, sizeof(path), "%s/%s", folder, key);
    xs_write(xs, XBT_NULL, path, value, (unsigned)strlen(value));
}

static uint32_t front_number(const char *key)
{
    char path[160], *text;
    uint32_t n;

    snprintf(path, sizeof(path), "%s/%s", front, key);
    text = xs_read(xs, XBT_NULL, path, NULL);
    n = text ? (uint32_t)strtoul(text, NULL, 10) : 0;
    free(text);
    return n;
}

static bool await_front(uint32_t least, uint32_t most, int ms)
{
    uint64_t end = now_ms() + (uint64_t)ms;
    uint32_t state;

    while ((state = front_number("state")) < least || state > most) {
        if (now_ms() > end)
            return false;
        usleep(2000);
    }
    return true;
}

static void folders(void)
{
    struct xs_permissions theirs[2] = {{.id = domid, .perms = XS_PERM_NONE}, {.id = 0, .perms = XS_PERM_READ}};
    struct xs_permissions ours[2] = {{.id = 0, .perms = XS_PERM_NONE}, {.id = domid, .perms = XS_PERM_READ}};

    snprintf(front, sizeof(front), "/local/domain/%u/device/%s/%u", domid, is_disk ? "vbd" : "vif", id);
    snprintf(back, sizeof(back), "/local/domain/0/backend/bad/%u/%u", domid, id);
    xs_mkdir(xs, XBT_NULL, back);
    xs_set_permissions(xs, XBT_NULL, back, ours, 2);
    set(back, "frontend", "%s", front);
    set(back, "frontend-id", "%u", domid);
    set(back, "online", "1");
    xs_mkdir(xs, XBT_NULL, front);
    xs_set_permissions(xs, XBT_NULL, front, theirs, 2);
    set(front, "backend-id", "0");
    set(front, "virtual-device", "%u", id);
    set(front, "handle", "0");
    set(front, "mac", "00:16:3e:00:00:66");
    set(front, "state", "1");
    set(front, "backend", "%s", back);
}

/* ---- A connection by the rules ---- */

static void offer(bool rich)
{
    static const char *const keys[] = {"feature-rx-copy", "feature-sg", "feature-gso-tcpv4", "feature-flush-cache", "feature-persistent"};

    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        set(back, keys[i], "%u", !i || rich);
    set(back, "feature-max-indirect-segments", "%u", rich ? 64u : 0);
    set(back, "state", "%u", XenbusStateInitWait);
}

static void disconnect_front(void)
{
    for (int i = 0; i < 2; i++) {
        if (rings[i])
            xengnttab_unmap(gnttab, (void *)rings[i], 1);
        rings[i] = NULL;
    }
    if (port > 0)
        xenevtchn_unbind(evtchn, (evtchn_port_t)port);
    port = 0;
}

/* False: the front end does not come, or what it says is of a connection that was. */
static bool connect_front(bool rich, int ms)
{
    static const char *const keys[2][2] = {{"tx-ring-ref", "rx-ring-ref"}, {"ring-ref"}};

    offer(rich);
    if (!await_front(XenbusStateInitialised, XenbusStateConnected, ms))
        return false;
    port = xenevtchn_bind_interdomain(evtchn, domid, front_number("event-channel"));
    for (int i = 0; port > 0 && i < 2 - is_disk; i++) {
        rings[i] = xengnttab_map_grant_ref(gnttab, domid, front_number(keys[is_disk][i]), PROT_READ | PROT_WRITE);
        if (!rings[i])
            disconnect_front();
    }
    return port > 0;
}

static void sectors(const char *size, const char *sector)
{
    set(back, "sectors", "%s", size);
    set(back, "sector-size", "%s", sector);
    set(back, "info", "0");
    set(back, "state", "%u", XenbusStateConnected);
}

static void notify(void)
{
    __sync_synchronize();
    xenevtchn_notify(evtchn, (evtchn_port_t)port);
}

/* ---- Answers ---- */

#define DISK_ENTRIES __CONST_RING_SIZE(blkif, 4096)

static blkif_response_t last;
static uint32_t taken;

static void disk_answer(blkif_response_t a)
{
    blkif_sring_t *ring = (blkif_sring_t *)rings[0];

    memcpy(&ring->ring[ring->rsp_prod & (DISK_ENTRIES - 1)].rsp, &a, sizeof(a));
    __sync_synchronize();
    ring->rsp_prod++;
}

/* The next request, if one comes in time: what would be its good answer. */
static bool disk_next(int ms)
{
    blkif_sring_t *ring = (blkif_sring_t *)rings[0];
    uint64_t end = now_ms() + (uint64_t)ms;

    while (*(volatile uint32_t *)&ring->req_prod == taken) {
        if (now_ms() > end)
            return false;
        usleep(500);
    }
    __sync_synchronize();
    last = (blkif_response_t){.id = ring->ring[taken & (DISK_ENTRIES - 1)].req.id,
                              .operation = ring->ring[taken & (DISK_ENTRIES - 1)].req.operation};
    if (last.operation == BLKIF_OP_INDIRECT) {
        blkif_request_indirect_t r;

        memcpy(&r, &ring->ring[taken & (DISK_ENTRIES - 1)].req, sizeof(r));
        last.id = r.id;
        last.operation = BLKIF_OP_INDIRECT;
    }
    taken++;
    ring->req_event = taken + 1;
    return true;
}

/* All of a ring's page, indices and entries, again and again something else, with events. */
static void scribble(int ms)
{
    uint64_t end = now_ms() + (uint64_t)ms;

    while (now_ms() < end) {
        for (unsigned i = 0; i < 200; i++)
            rings[rings[1] ? some() & 1 : 0][some() & 7 ? some() % 1024 : some() % 4] = some() & 1 ? some() : some() % 300;
        notify();
    }
}

static void states(void)
{
    static const char *const all[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "99", "-1", "", "x", "18446744073709551616", "4 4"};

    for (unsigned i = 0; i < 300; i++)
        set(back, "state", "%s", all[some() % (sizeof(all) / sizeof(all[0]))]);
}

/* Connects and goes without a word, over and over. */
static void comes_and_goes(void)
{
    for (unsigned i = 0; i < 20; i++) {
        disconnect_front();
        set(back, "state", "%u", i & 1 ? XenbusStateClosed : XenbusStateInitWait);
        usleep(some() % 20000);
        if (!connect_front(i & 1, 2000))
            continue;
        if (is_disk)
            sectors("2048", "512");
        else
            set(back, "state", "%u", XenbusStateConnected);
        usleep(some() % 20000);
    }
}

static const char *const disk_tricks[] = {"an id beyond all", "an id that was not asked", "an answer twice", "another operation",
                                          "too many answers", "one answer less", "a wild index", "a ring that is scribbled on",
                                          "a senseless size", "senseless states", "no answers", "it comes and goes", "wild status"};

static void disk_trick(unsigned trick)
{
    blkif_sring_t *ring = (blkif_sring_t *)rings[0];

    for (unsigned i = 0; i < 3 && disk_next(300); i++) {
        disk_answer(last);
        notify();
    }
    if (trick <= 6 && !disk_next(1000))
        printf("badback: nothing is asked\n");
    switch (trick) {
    case 0: last.id = ~0ull; break;
    case 1: last.id++; break;
    case 2: disk_answer(last); break;
    case 3: last.operation ^= 1; break;
    case 4: ring->rsp_prod += DISK_ENTRIES; break;
    case 5: ring->rsp_prod -= 2; break;
    case 6: ring->rsp_prod = some(); break;
    case 7: scribble(500); return;
    case 9: states(); return;
    case 11: comes_and_goes(); return;
    case 12:
        for (unsigned i = 0; i < 100 && disk_next(100); i++) {
            last.status = (int16_t)some();
            disk_answer(last);
            notify();
        }
        return;
    default: usleep(300000); return;
    }
    disk_answer(last);
    notify();
}

static const char *const card_tricks[] = {"too many answers", "a wild index", "an id that cannot be", "parts beyond their page",
                                          "a frame without an end", "rings that are scribbled on", "senseless states", "no answers",
                                          "it comes and goes"};

static void card_receive(unsigned count, netif_rx_response_t a)
{
    netif_rx_sring_t *ring = (netif_rx_sring_t *)rings[1];

    for (unsigned i = 0; i < count; i++) {
        memcpy(&ring->ring[(ring->rsp_prod + i) & 255].rsp, &a, sizeof(a));
        a.id++;
    }
    __sync_synchronize();
    ring->rsp_prod += count;
    notify();
}

static void card_trick(unsigned trick)
{
    usleep(100000);
    switch (trick) {
    case 0:
    case 1:
        for (int i = 0; i < 2; i++)
            ((netif_tx_sring_t *)rings[i])->rsp_prod += trick ? some() : 257;
        notify();
        break;
    case 2: card_receive(1, (netif_rx_response_t){.id = 0xffff, .status = 100}); break;
    case 3: card_receive(1, (netif_rx_response_t){.offset = 4000, .status = 30000}); break;
    case 4: card_receive(256, (netif_rx_response_t){.flags = NETRXF_more_data, .status = 1}); break;
    case 5: scribble(500); break;
    case 6: states(); break;
    case 7: usleep(300000); break;
    case 8: comes_and_goes(); break;
    }
}

static void one(unsigned trick, const char *name)
{
    bool good;

    folders();
    good = connect_front(trick & 1, 30000);
    taken = 0;
    if (good && is_disk)
        sectors(trick == 8 ? "18446744073709551615" : "2048", trick == 8 ? "77" : "512");
    else if (good)
        set(back, "state", "%u", XenbusStateConnected);
    if (good && is_disk)
        disk_trick(trick);
    else if (good)
        card_trick(trick);
    else
        printf("badback: the front end does not come\n");
    good = await_front(XenbusStateClosing, XenbusStateClosed, 3000);
    printf("badback: %s: the front end %s\n", name, good ? "gave up" : "goes on");
    fflush(stdout);
    disconnect_front();
    xs_rm(xs, XBT_NULL, front);
    xs_rm(xs, XBT_NULL, back);
}

int main(int argc, char **argv)
{
    if (argc < 3 || (xs = xs_open(0)) == NULL || (gnttab = xengnttab_open(NULL, 0)) == NULL || (evtchn = xenevtchn_open(NULL, 0)) == NULL)
        fatal("badback");
    is_disk = !strcmp(argv[1], "vbd");
    domid = (uint32_t)atoi(argv[2]);
    if (is_disk) {
        for (unsigned i = 0; i < sizeof(disk_tricks) / sizeof(disk_tricks[0]); i++) {
            id = 51712 + 16 * i;
            one(i, disk_tricks[i]);
        }
        return 0;
    }
    if (argc < 4 || (unsigned)atoi(argv[3]) >= sizeof(card_tricks) / sizeof(card_tricks[0]))
        return 1;
    one((unsigned)atoi(argv[3]), card_tricks[atoi(argv[3])]);
    return 0;
}
