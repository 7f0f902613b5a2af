/* SPDX-License-Identifier: MIT */
/*
 * Measures a disk or a network, in Dom0 and in a guest alike. Each result is a line `IO PLACE NAME VALUE`.
 *
 *   io disk PLACE DEVICE SECONDS        MB/s in sequence, operations/s at random, past all caches
 *   io serve                            the other end of `io net`, in the background
 *   io net PLACE HOST SECONDS           MB/s over TCP to and from HOST, microseconds of a ping
 *   io count PLACE DEVICE HOST N        the same by number, N requests or pings and N * 32 KiB over TCP, each between two marks
 *
 * A mark is a call of a function at an address that nothing else has: tests/bench/io/count.c sees it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PORT 7000
#define DEPTH_MAX 32
#define KIB 1024u
#define CHUNK (128 * KIB)

static const char *place_name;

__attribute__((noreturn)) static void fail(const char *what)
{
    printf("IO-FAILED %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- marks: 64 bytes each ---- */

extern char io_marks[];
__asm__(".section .marks, \"ax\"\n"
        ".globl io_marks\n"
        ".balign 4096\n"
        "io_marks:\n"
        ".rept 32\n"
        ".balign 64\n"
        "ret\n"
        ".endr\n"
        ".previous\n");

static void mark(unsigned n)
{
    ((void (*)(void))(uintptr_t)(io_marks + 64 * n))();
}

/* ---- disk ---- */

struct job {
    unsigned depth, size;
    bool write, random;
    double seconds;  /* how long, or: */
    uint64_t count;  /* how many */
};

static uint64_t place(const struct job *j, uint64_t nr, uint64_t end)
{
    static uint64_t x = 88172645463325252;

    if (!j->random)
        return nr * j->size % (end / j->size * j->size);
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    return x % (end / j->size) * j->size;
}

/* How many requests a second. */
static double disk_run(int fd, uint64_t end, const struct job *j)
{
    static uint8_t buf[DEPTH_MAX][CHUNK] __attribute__((aligned(4096)));
    struct iocb cb[DEPTH_MAX], *list[DEPTH_MAX];
    struct io_event done[DEPTH_MAX];
    aio_context_t ctx = 0;
    uint64_t asked = 0, answered = 0;
    double start = now();

    if (syscall(SYS_io_setup, DEPTH_MAX, &ctx))
        fail("io_setup");
    for (unsigned i = 0; i < j->depth; i++)
        done[i].data = i;
    for (long n = j->depth; n > 0 || answered < asked;) {
        bool more = j->count ? asked < j->count : now() - start < j->seconds;

        for (long i = 0; more && i < n; i++) {
            uint64_t slot = done[i].data;

            cb[slot] = (struct iocb){.aio_data = slot, .aio_fildes = (uint32_t)fd, .aio_nbytes = j->size,
                                     .aio_lio_opcode = j->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
                                     .aio_buf = (uintptr_t)buf[slot], .aio_offset = (int64_t)place(j, asked, end)};
            list[i] = &cb[slot];
            asked++;
        }
        if (more && syscall(SYS_io_submit, ctx, n, list) != n)
            fail("io_submit");
        if (answered == asked)
            break;
        n = syscall(SYS_io_getevents, ctx, 1, DEPTH_MAX, done, NULL);
        if (n < 1)
            fail("io_getevents");
        for (long i = 0; i < n; i++)
            if (done[i].res != j->size)
                fail("a request");
        answered += (uint64_t)n;
    }
    syscall(SYS_io_destroy, ctx);
    return (double)answered / (now() - start);
}

static int disk_open(const char *device, uint64_t *end)
{
    int fd = open(device, O_RDWR | O_DIRECT);

    if (fd < 0 || ioctl(fd, BLKGETSIZE64, end))
        fail(device);
    return fd;
}

static const struct row {
    const char *name;
    struct job job;
    double unit;
} rows[] = {
    {"seq_read_4k", {.depth = 1, .size = 4 * KIB}, 4 * KIB / 1e6},
    {"seq_write_4k", {.depth = 1, .size = 4 * KIB, .write = true}, 4 * KIB / 1e6},
    {"seq_read_128k", {.depth = 1, .size = CHUNK}, CHUNK / 1e6},
    {"seq_write_128k", {.depth = 1, .size = CHUNK, .write = true}, CHUNK / 1e6},
    {"rand_read_4k_1", {.depth = 1, .size = 4 * KIB, .random = true}, 1},
    {"rand_write_4k_1", {.depth = 1, .size = 4 * KIB, .random = true, .write = true}, 1},
    {"rand_read_4k_16", {.depth = 16, .size = 4 * KIB, .random = true}, 1},
    {"rand_write_4k_16", {.depth = 16, .size = 4 * KIB, .random = true, .write = true}, 1},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void disk(const char *device, double seconds)
{
    uint64_t end;
    int fd = disk_open(device, &end);

    for (unsigned i = 0; i < ROWS; i++) {
        struct job j = rows[i].job;

        j.seconds = seconds;
        printf("IO %s %s %.2f\n", place_name, rows[i].name, disk_run(fd, end, &j) * rows[i].unit);
    }
}

/* ---- network ---- */

static void whole(int s, uint8_t *buf, size_t n, bool out)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = out ? write(s, buf + done, n - done) : read(s, buf + done, n - done);

        if (got <= 0)
            fail("the connection");
        done += (size_t)got;
    }
}

/* The first byte says what is wanted: s takes and tells how much, g gives until it is closed. */
static void serve_one(int s)
{
    static uint8_t buf[CHUNK];
    uint64_t total = 0;
    ssize_t n;
    char what;

    if (read(s, &what, 1) != 1)
        exit(0);
    while (what == 'g' && write(s, buf, sizeof(buf)) > 0)
        ;
    while (what == 's' && (n = read(s, buf, sizeof(buf))) > 0)
        total += (uint64_t)n;
    if (what == 's')
        whole(s, (uint8_t *)&total, sizeof(total), true);
    exit(0);
}

static void serve(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 8))
        fail("serve");
    if (fork())
        exit(0);
    for (;;) {
        int c = accept(s, NULL, NULL);

        setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        if (c >= 0 && !fork())
            serve_one(c);
        close(c);
    }
}

static int ask(const char *host, char what)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    inet_aton(host, &a.sin_addr);
    if (connect(s, (struct sockaddr *)&a, sizeof(a)))
        fail(host);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    whole(s, (uint8_t *)&what, 1, true);
    return s;
}

/* For so long, or so many bytes: MB/s. */
static double send_rate(const char *host, double seconds, uint64_t bytes)
{
    static uint8_t buf[CHUNK];
    double start = now();
    uint64_t total, sent = 0;
    int s = ask(host, 's');

    for (; bytes ? sent < bytes : now() - start < seconds; sent += sizeof(buf))
        whole(s, buf, sizeof(buf), true);
    shutdown(s, SHUT_WR);
    whole(s, (uint8_t *)&total, sizeof(total), false);
    close(s);
    return (double)total / (now() - start) / 1e6;
}

static double receive_rate(const char *host, double seconds, uint64_t bytes)
{
    static uint8_t buf[CHUNK];
    double start = now();
    uint64_t total = 0;
    int s = ask(host, 'g');

    while (bytes ? total < bytes : now() - start < seconds) {
        ssize_t n = read(s, buf, sizeof(buf));

        if (n <= 0)
            fail("receive");
        total += (uint64_t)n;
    }
    close(s);
    return (double)total / (now() - start) / 1e6;
}

static uint16_t checksum(const uint16_t *p, unsigned words)
{
    uint32_t sum = 0;

    while (words--)
        sum += *p++;
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~(sum + (sum >> 16));
}

/* One after the other, of 64 bytes: microseconds each. */
static double pings(const char *host, double seconds, uint64_t count)
{
    union {
        struct icmphdr h;
        uint16_t words[32];
    } out = {.h = {.type = ICMP_ECHO, .un.echo.id = (uint16_t)getpid()}};
    struct sockaddr_in a = {.sin_family = AF_INET};
    int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    struct timeval limit = {2, 0};
    uint8_t in[256];
    double start;
    uint64_t n = 0;

    inet_aton(host, &a.sin_addr);
    if (s < 0 || connect(s, (struct sockaddr *)&a, sizeof(a)) || setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
        fail("a raw socket");
    for (start = now(); count ? n < count : now() - start < seconds; n++) {
        const struct icmphdr *h = (const struct icmphdr *)(in + 20); /* no options */

        out.h.un.echo.sequence = (uint16_t)n;
        out.h.checksum = 0;
        out.h.checksum = checksum(out.words, 32);
        if (send(s, &out, sizeof(out), 0) != sizeof(out))
            fail("a ping");
        do {
            if (recv(s, in, sizeof(in), 0) < 28)
                fail("no answer to a ping");
        } while (h->type != ICMP_ECHOREPLY || h->un.echo.id != out.h.un.echo.id || h->un.echo.sequence != (uint16_t)n);
    }
    close(s);
    return (now() - start) / (double)n * 1e6;
}

static void net(const char *host, double seconds)
{
    printf("IO %s tcp_out %.2f\n", place_name, send_rate(host, seconds, 0));
    printf("IO %s tcp_in %.2f\n", place_name, receive_rate(host, seconds, 0));
    printf("IO %s ping %.1f\n", place_name, pings(host, seconds, 0));
}

/* ---- counted ---- */

/* Twice each, the second time between two marks: the first warms up, grants that stay mapped and tables that grow. */
static void count(const char *device, const char *host, uint64_t n)
{
    unsigned next = 0;
    uint64_t end;
    int fd = disk_open(device, &end);

    for (unsigned i = 0; i < ROWS; i++) {
        struct job j = rows[i].job;

        j.count = n;
        disk_run(fd, end, &j);
        mark(next++);
        disk_run(fd, end, &j);
        mark(next++);
    }
    for (unsigned what = 0; what < 3; what++) {
        for (unsigned again = 0; again < 2; again++) {
            if (again)
                mark(next++);
            if (what == 0)
                send_rate(host, 0, n * 32 * KIB);
            else if (what == 1)
                receive_rate(host, 0, n * 32 * KIB);
            else
                pings(host, 0, n);
        }
        mark(next++);
    }
    printf("IO %s counted %lu\n", place_name, n);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    place_name = argc > 2 ? argv[2] : "";
    if (argc == 5 && !strcmp(argv[1], "disk"))
        disk(argv[3], atof(argv[4]));
    else if (argc == 2 && !strcmp(argv[1], "serve"))
        serve();
    else if (argc == 5 && !strcmp(argv[1], "net"))
        net(argv[3], atof(argv[4]));
    else if (argc == 6 && !strcmp(argv[1], "count"))
        count(argv[3], argv[4], strtoul(argv[5], NULL, 10));
    else
        return 2;
    return 0;
}
