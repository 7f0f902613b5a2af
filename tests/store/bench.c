/* SPDX-License-Identifier: MIT */
/*
 * The client of `make bench-store`: bench FOLDER SOCKET OPERATION COUNT. FOLDER is fakehv's. Domains are real ones to the daemon: a ring, an
 * event channel, a subtree, watches. Operations, each a request and its answer one after the other:
 *   setup N      makes and introduces domains 1 to N, each with 20 nodes and 3 watches of Dom0's; says the last 10's introduction
 *   read, write  of a node of domain 1, through the socket
 *   ring         a read by domain 1, through its ring
 *   list         the directory of a domain
 *   txn          start, read, write, end
 *   event        a write of Dom0's that fires a watch of domain 1's, until the event is in the ring
 *   intro        introduction and release of a domain
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

static const char *folder;
static int wire, events;
static struct xenstore_domain_interface *ring;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void all(void *data, size_t n, int out)
{
    char *at = data;

    while (n) {
        ssize_t k = out ? send(wire, at, n, MSG_NOSIGNAL) : recv(wire, at, n, 0);

        if (k <= 0)
            die("the daemon is gone");
        at += k;
        n -= (size_t)k;
    }
}

static char answer[8192];

/* '|' is a NUL. */
static size_t message(char *out, uint32_t type, uint32_t tx, const char *text)
{
    struct xsd_sockmsg head = {type, 1, tx, (uint32_t)strlen(text) + (type != XS_WRITE)};

    memcpy(out, &head, sizeof(head));
    memcpy(out + sizeof(head), text, head.len);
    for (uint32_t i = 0; i < head.len; i++)
        if (out[sizeof(head) + i] == '|')
            out[sizeof(head) + i] = 0;
    return sizeof(head) + head.len;
}

static const char *ask(uint32_t type, uint32_t tx, const char *text)
{
    char out[8192];
    struct xsd_sockmsg head;

    all(out, message(out, type, tx, text), 1);
    do {
        all(&head, sizeof(head), 0);
        all(answer, head.len, 0);
    } while (head.type == XS_WATCH_EVENT);
    answer[head.len] = 0;
    if (head.type == XS_ERROR) {
        fprintf(stderr, "bench: request %u (%s): %s\n", type, text, answer);
        exit(1);
    }
    return answer;
}

static void address(struct sockaddr_un *a, const char *name)
{
    a->sun_family = AF_UNIX;
    snprintf(a->sun_path, sizeof(a->sun_path), "%s/%s", folder, name);
}

static void kick(uint32_t port)
{
    struct sockaddr_un a;

    address(&a, "daemon");
    while (sendto(events, &port, sizeof(port), 0, (struct sockaddr *)&a, sizeof(a)) < 0)
        if (errno != EAGAIN)
            die("kick");
}

static void ring_bytes(void *data, uint32_t n, int out)
{
    char *at = data, *area = out ? ring->req : ring->rsp, port[16];

    while (n) {
        uint32_t prod = __atomic_load_n(out ? &ring->req_prod : &ring->rsp_prod, __ATOMIC_ACQUIRE);
        uint32_t cons = __atomic_load_n(out ? &ring->req_cons : &ring->rsp_cons, __ATOMIC_ACQUIRE);
        uint32_t from = MASK_XENSTORE_IDX(out ? prod : cons), k = out ? XENSTORE_RING_SIZE - (prod - cons) : prod - cons;

        k = k < n ? k : n;
        k = k < XENSTORE_RING_SIZE - from ? k : XENSTORE_RING_SIZE - from;
        if (!k) {
            if (recv(events, port, sizeof(port), 0) < 0)
                die("ring");
            continue;
        }
        if (out) {
            memcpy(area + from, at, k);
            __atomic_store_n(&ring->req_prod, prod + k, __ATOMIC_RELEASE);
        } else {
            memcpy(at, area + from, k);
            __atomic_store_n(&ring->rsp_cons, cons + k, __ATOMIC_RELEASE);
        }
        at += k;
        n -= k;
    }
    if (out)
        kick(1 + 2);
}

static void ring_take(uint32_t type)
{
    struct xsd_sockmsg head;

    do {
        ring_bytes(&head, sizeof(head), 0);
        ring_bytes(answer, head.len, 0);
        if (head.type == XS_ERROR)
            die(answer);
    } while (head.type != type);
}

static void ring_ask(uint32_t type, const char *text)
{
    char out[4096];

    ring_bytes(out, (uint32_t)message(out, type, 0, text), 1);
    ring_take(type);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void be_alive(unsigned id)
{
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/page.%u", folder, id);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 4096))
        die(path);
    close(fd);
    snprintf(path, sizeof(path), "%s/domains", folder);
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || pwrite(fd, "\1", 1, id) != 1)
        die(path);
    close(fd);
}

static void introduce(unsigned id)
{
    char text[64];

    snprintf(text, sizeof(text), "%u|1|1", id);
    ask(XS_INTRODUCE, 0, text);
}

static void setup(unsigned n)
{
    double last = 0;
    char text[128];

    for (unsigned id = 1; id <= n; id++) {
        double begin;

        be_alive(id);
        for (unsigned k = 0; k < 20; k++) {
            snprintf(text, sizeof(text), "/local/domain/%u/dir%u/node%u|value", id, k % 4, k);
            ask(XS_WRITE, 0, text);
        }
        snprintf(text, sizeof(text), "/local/domain/%u|n%u", id, id);
        ask(XS_SET_PERMS, 0, text);
        for (unsigned k = 0; k < 3; k++) {
            snprintf(text, sizeof(text), "/local/domain/%u/dir%u|t%u", id, k, k);
            ask(XS_WATCH, 0, text);
        }
        begin = now();
        introduce(id);
        if (n - id < 10)
            last += now() - begin;
    }
    printf("%.1f\n", last / (n < 10 ? n : 10) * 1e6);
    fflush(stdout);
    pause(); /* the watches stay while this client does */
}

static void ring_open(void)
{
    struct sockaddr_un a;
    char path[128];
    int fd;

    snprintf(path, sizeof(path), "%s/page.1", folder);
    fd = open(path, O_RDWR | O_CLOEXEC);
    ring = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    address(&a, "dom.1");
    unlink(a.sun_path);
    if (fd < 0 || ring == MAP_FAILED || bind(events, (struct sockaddr *)&a, sizeof(a)))
        die("domain 1");
    close(fd);
}

static void once(const char *what, unsigned i)
{
    char text[64];

    if (!strcmp(what, "read")) {
        ask(XS_READ, 0, "/local/domain/1/dir0/node0");
    } else if (!strcmp(what, "write")) {
        snprintf(text, sizeof(text), "/local/domain/1/dir3/node3|%u", i);
        ask(XS_WRITE, 0, text);
    } else if (!strcmp(what, "list")) {
        ask(XS_DIRECTORY, 0, "/local/domain/1/dir0");
    } else if (!strcmp(what, "ring")) {
        ring_ask(XS_DIRECTORY, "/local/domain/1");
    } else if (!strcmp(what, "txn")) {
        uint32_t tx = (uint32_t)atoi(ask(XS_TRANSACTION_START, 0, ""));

        ask(XS_READ, tx, "/local/domain/1/dir0/node0");
        ask(XS_WRITE, tx, "/local/domain/1/dir1/node1|x");
        ask(XS_TRANSACTION_END, tx, "T");
    } else if (!strcmp(what, "event")) {
        ask(XS_WRITE, 0, "/local/domain/1|x");
        ring_take(XS_WATCH_EVENT);
    } else {
        introduce(20000);
        ask(XS_RELEASE, 0, "20000");
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    double begin;
    unsigned n;

    if (argc != 5)
        return 2;
    folder = argv[1];
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", argv[2]);
    wire = socket(AF_UNIX, SOCK_STREAM, 0);
    events = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (connect(wire, (struct sockaddr *)&a, sizeof(a)))
        die(argv[2]);
    n = (unsigned)atoi(argv[4]);
    if (!strcmp(argv[3], "setup")) {
        setup(n);
        return 0;
    }
    if (!strcmp(argv[3], "ring") || !strcmp(argv[3], "event"))
        ring_open();
    if (!strcmp(argv[3], "event")) {
        ring_ask(XS_RESET_WATCHES, "");
        ring_ask(XS_WATCH, "/local/domain/1|bench");
    }
    if (!strcmp(argv[3], "intro"))
        be_alive(20000);
    begin = now();
    for (unsigned i = 0; i < n; i++)
        once(argv[3], i);
    printf("%.9f\n", (now() - begin) / n);
    return 0;
}
