/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/net.c dom0/backend/netconnect.c dom0/backend/netnotes.c dom0/backend/netscript.c dom0/backend/netqueue.c dom0/backend/linger.c dom0/backend/netring.c dom0/backend/netframe.c dom0/backend/netcredit.c dom0/backend/link.c dom0/backend/nat.c dom0/backend/tap.c dom0/backend/turn.c dom0/lib/loop.c */
/* A network card's life: real taps and bridges, in a network of the test's own; the guest and the store are pretended. */
#define _GNU_SOURCE
#include "dom0/backend/net.h"
#include "dom0/backend/store.h"
#include "dom0/backend/tap.h"
#include "dom0/lib/log.h"
#include "fake_area.h"
#include "fake_tapio.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/sockios.h>
#include <xengnttab.h>

static struct {
    char path[96], value[300];
} keys[64];
static unsigned nr_keys;
static uint8_t pages[8][NET_PAGE] __attribute__((aligned(NET_PAGE)));
static struct device card = {.kind = &network_kind, .domid = 5, .back = "/local/domain/0/backend/qnic/5/0", .front = "front"};
static char said[300];
static unsigned settled, bound, mapped, killed, again;

/* ---- the store ---- */

static char *find(const char *path)
{
    for (unsigned i = 0; i < nr_keys; i++)
        if (!strcmp(keys[i].path, path))
            return keys[i].value;
    return NULL;
}

static void put(const char *path, const char *value)
{
    char *there = find(path);

    if (!there) {
        snprintf(keys[nr_keys].path, sizeof(keys[0].path), "%s", path);
        there = keys[nr_keys++].value;
    }
    snprintf(there, sizeof(keys[0].value), "%s", value);
}

static const char *path_of(const struct device *d, bool front, const char *key)
{
    static char path[160];

    snprintf(path, sizeof(path), "%s/%s", front ? d->front : d->back, key);
    return path;
}

char *key_read(struct device *d, bool front, const char *key)
{
    char *value = find(path_of(d, front, key));

    return value ? strdup(value) : NULL;
}

bool key_number(struct device *d, bool front, const char *key, uint64_t without, uint64_t max, uint64_t *value)
{
    char *text = find(path_of(d, front, key)), *end;

    *value = without;
    if (!text)
        return true;
    *value = strtoull(text, &end, 10);
    return *text && !*end && *value <= max;
}

bool key_write(struct device *d, const char *key, const char *format, ...)
{
    char text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    put(path_of(d, false, key), text);
    return true;
}

static bool back_is(const char *key, const char *value)
{
    char *there = find(path_of(&card, false, key));

    return there && !strcmp(there, value);
}

char *store_read(const char *path)
{
    char *value = find(path);

    return value ? strdup(value) : NULL;
}

bool store_is_there(void)
{
    return true;
}

unsigned store_own_domid(void)
{
    return 0;
}

/* ---- the core ---- */

void device_fail(struct device *d, int err, const char *format, ...)
{
    va_list args;

    (void)d;
    (void)err;
    va_start(args, format);
    vsnprintf(said, sizeof(said), format, args);
    va_end(args);
}

void device_kill(struct device *d, const char *format, ...)
{
    (void)format;
    (void)d;
    killed++;
}

void device_settled(struct device *d)
{
    (void)d;
    settled++;
}

void device_again(struct device *d)
{
    (void)d;
    again++;
}

const char *device_name(const struct device *d)
{
    (void)d;
    return "qnic 5/0";
}

void log_line(int level, const char *format, ...)
{
    va_list args;

    (void)level;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

int port_bind(struct port *p, unsigned domid, uint32_t remote)
{
    if (domid != 5 || remote > 99)
        return EINVAL;
    p->local = (int)remote;
    bound++;
    return 0;
}

void port_unbind(struct port *p)
{
    bound -= p->local >= 0;
    p->local = -1;
}

void port_unmask(struct port *p)
{
    (void)p;
}

void port_notify(struct port *p)
{
    (void)p;
}

void ports_notify(struct port *const *p, unsigned n, bool give)
{
    for (unsigned i = 0; i < n; i++)
        port_notify(p[i]);
    (void)give;
}

void *grants_map(unsigned domid, const uint32_t *refs, unsigned n, bool write)
{
    errno = EINVAL;
    if (domid != 5 || refs[0] >= 8)
        return NULL;
    mapped++;
    (void)n;
    (void)write;
    return pages[refs[0]];
}

void grants_unmap(void *at, unsigned n)
{
    (void)at;
    mapped -= n;
}

int grants_copy(struct xengnttab_grant_copy_segment *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        s[i].status = GNTST_okay;
    return 0;
}

/* ---- the machine ---- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    cr_assert(f && fputs(text, f) >= 0 && !fclose(f));
    chmod(path, 0755);
}

static bool has_line(const char *path, const char *words)
{
    char line[300];
    bool found = false;
    FILE *f = fopen(path, "r");

    while (f && fgets(line, sizeof(line), f))
        found |= strstr(line, words) != NULL;
    if (f)
        fclose(f);
    return found;
}

static bool made(const char *name)
{
    return if_nametoindex(name) != 0;
}

static int bridge(const char *name)
{
    int s = socket(AF_INET, SOCK_DGRAM, 0), rc = ioctl(s, SIOCBRADDBR, name);

    close(s);
    return rc;
}

/* Needs root, or user namespaces, and taps. */
static void setup(void)
{
    bool root = !geteuid();
    int fd;

    if (unshare(CLONE_NEWNET | CLONE_NEWNS | (root ? 0 : CLONE_NEWUSER)) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", "/run", "tmpfs", 0, NULL) || mount("none", "/sys", "sysfs", 0, NULL) || (fd = open("/dev/net/tun", O_RDWR)) < 0)
        cr_skip_test("no network of its own, or no taps");
    close(fd);
    mkdir("/run/pxl", 0755);
    mkdir(BACKEND_DIRECTORY, 0755);
    cr_assert(!loop_open() && !network_kind.start() && !bridge("br0"));
    put("front/request-rx-copy", "1");
    put("front/tx-ring-ref", "1");
    put("front/rx-ring-ref", "2");
    put("front/event-channel", "7");
}

TestSuite(net, .init = setup);

static void set(const char *key, const char *value)
{
    put(path_of(&card, false, key), value);
}

Test(net, a_card_on_a_bridge)
{
    set("bridge", "br0");
    set("mtu", "1400");
    cr_assert(!network_kind.open(&card), "%s", said);
    cr_assert(made("vif5.0") && back_is("hotplug-status", "connected") && back_is("feature-sg", "1") && back_is("feature-rx-copy", "1"));
    cr_assert(has_line("/sys/class/net/vif5.0/address", "fe:ff:ff:ff:ff:ff") && has_line("/sys/class/net/vif5.0/mtu", "1400"));
    cr_assert(!access("/sys/class/net/br0/brif/vif5.0", F_OK));
    cr_assert(has_line("/sys/class/net/vif5.0/carrier", "0"), "nobody is at the other end yet");
    cr_assert(!network_kind.connect(&card), "%s", said);
    cr_assert(bound == 1 && mapped == 2 && has_line("/sys/class/net/vif5.0/carrier", "1"));
    set("mtu", "1300");
    network_kind.changed(&card, "mtu");
    cr_assert(has_line("/sys/class/net/vif5.0/mtu", "1300"));
    network_kind.round();
    loop_round(0);
    network_kind.disconnect(&card);
    cr_assert(settled == 1 && !bound && !mapped && made("vif5.0"));
    cr_assert(!network_kind.connect(&card), "again");
    network_kind.disconnect(&card);
    network_kind.close(&card);
    cr_assert(!made("vif5.0") && access(BACKEND_DIRECTORY "/taps/vif5.0", F_OK));
}

Test(net, several_queues_are_several_descriptors)
{
    set("multi-queue-max-queues", "3");
    put("front/multi-queue-num-queues", "2");
    put("front/queue-0/tx-ring-ref", "1");
    put("front/queue-0/rx-ring-ref", "2");
    put("front/queue-0/event-channel-tx", "7");
    put("front/queue-0/event-channel-rx", "8");
    cr_assert(!network_kind.open(&card));
    cr_assert(network_kind.connect(&card), "the second is missing");
    cr_assert(!bound && !mapped);
    put("front/queue-1/tx-ring-ref", "3");
    put("front/queue-1/rx-ring-ref", "4");
    put("front/queue-1/event-channel", "9");
    cr_assert(!network_kind.connect(&card), "%s", said);
    cr_assert(bound == 3 && mapped == 4);
    network_kind.disconnect(&card);
    put("front/multi-queue-num-queues", "4");
    cr_assert(network_kind.connect(&card), "more than there are");
    put("front/multi-queue-num-queues", "0");
    cr_assert(network_kind.connect(&card));
    cr_assert(!bound && !mapped);
    network_kind.close(&card);
    cr_assert(!made("vif5.0"));
}

Test(net, front_ends_that_say_what_cannot_be)
{
    static const char *const wrong[][2] = {{"front/tx-ring-ref", "77"}, {"front/rx-ring-ref", ""}, {"front/event-channel", "100"},
                                           {"front/event-channel", "x"}, {"front/request-rx-copy", "0"}};

    cr_assert(!network_kind.open(&card));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *good = strdup(find(wrong[i][0]));

        put(wrong[i][0], wrong[i][1]);
        cr_assert(network_kind.connect(&card), "%zu", i);
        cr_assert(!bound && !mapped);
        put(wrong[i][0], good);
        free(good);
    }
    ((netif_tx_sring_t *)pages[1])->req_prod = 300;
    cr_assert(network_kind.connect(&card));
    ((netif_tx_sring_t *)pages[1])->req_prod = 0;
    cr_assert(!network_kind.connect(&card), "%s", said);
    network_kind.disconnect(&card);
    network_kind.close(&card);
}

Test(net, configurations_that_cannot_be)
{
    static const char *const wrong[][2] = {{"bridge", "nobr"}, {"bridge", "../x"}, {"mode", "tunnel"}, {"mode", "route"}, {"mtu", "67"},
                                           {"mtu", "70000"}, {"rate", "5"}, {"rate", "1,0"}, {"script", "/no/such"}};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        unsigned before = nr_keys;

        set(wrong[i][0], wrong[i][1]);
        *said = 0;
        cr_assert(network_kind.open(&card), "%zu", i);
        cr_assert(*said && !made("vif5.0") && access(BACKEND_DIRECTORY "/taps/vif5.0", F_OK), "%zu", i);
        nr_keys = before;
    }
}

Test(net, an_interface_of_someone_else_is_left_alone)
{
    set("vifname", "br0");
    cr_assert(network_kind.open(&card));
    cr_assert(strstr(said, "there is an interface br0"));
}

Test(net, routed_cards_have_routes)
{
    set("mode", "route");
    set("ip", "10.1.1.1, 10.1.1.2/24");
    cr_assert(!network_kind.open(&card), "%s", said);
    cr_assert(has_line("/proc/net/route", "vif5.0\t0101010A") && has_line("/proc/net/route", "vif5.0\t0201010A"));
    network_kind.close(&card);
    cr_assert(!has_line("/proc/net/route", "vif5.0"));
}

Test(net, a_killed_daemon_s_tap_is_taken_over)
{
    set("bridge", "br0");
    cr_assert(!network_kind.open(&card) && !network_kind.connect(&card));
    /* The next one finds it all as it is. */
    struct nic *n = card.data;
    close(n->tap);
    cr_assert(made("vif5.0"));
    card.takeover = true;
    cr_assert(!network_kind.open(&card), "%s", said);
    cr_assert(!network_kind.connect(&card));
    network_kind.disconnect(&card);
    network_kind.close(&card);
    cr_assert(!made("vif5.0"));
}

Test(net, a_tap_that_no_guest_had_is_made_anew)
{
    set("multi-queue-max-queues", "1");
    cr_assert(!network_kind.open(&card));
    close(((struct nic *)card.data)->tap);
    set("multi-queue-max-queues", "2");
    cr_assert(!network_kind.open(&card), "%s", said);
    network_kind.close(&card);
    cr_assert(!made("vif5.0"));
}

Test(net, what_is_left_of_a_card_that_went_meanwhile_is_removed)
{
    cr_assert(tap_open("vif5.0", false) >= 0);
    close(tap_open("vif6.0", true));
    write_file(BACKEND_DIRECTORY "/taps/vif5.0", "5 0 0 \n");
    write_file(BACKEND_DIRECTORY "/taps/vif6.0", "6 0 0 \n");
    write_file(BACKEND_DIRECTORY "/taps/vif7.0", "nonsense");
    set("state", "4");
    netnotes_sweep();
    cr_assert(made("vif5.0") && !made("vif6.0"));
    cr_assert(access(BACKEND_DIRECTORY "/taps/vif6.0", F_OK) && access(BACKEND_DIRECTORY "/taps/vif7.0", F_OK));
}

Test(net, a_script_is_called_as_xl_calls_it)
{
    write_file("/run/own", "#!/bin/sh\necho $1 $2 $vif $XENBUS_PATH >>/run/calls\n");
    set("script", "/run/own");
    cr_assert(!network_kind.open(&card), "%s", said);
    cr_assert_eq(network_kind.connect(&card), EAGAIN);
    loop_round(5000);
    cr_assert(again == 1 && !network_kind.connect(&card));
    network_kind.disconnect(&card);
    cr_assert(has_line("/run/calls", "online type_if=vif vif5.0 backend/qnic/5/0"));
    network_kind.close(&card);
    cr_assert(made("vif5.0"), "the script may want it");
    loop_round(5000);
    cr_assert(has_line("/run/calls", "offline type_if=vif vif5.0 backend/qnic/5/0") && !made("vif5.0"));
}

Test(net, a_script_that_fails_ends_the_device)
{
    write_file("/run/own", "#!/bin/sh\nexit 3\n");
    set("script", "/run/own");
    cr_assert(!network_kind.open(&card), "%s", said);
    loop_round(5000);
    cr_assert(killed == 1 && back_is("hotplug-status", "error"));
    network_kind.close(&card);
    loop_round(5000);
}
