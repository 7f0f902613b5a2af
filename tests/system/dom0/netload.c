/* SPDX-License-Identifier: MIT */
/*
 * Loads a network card with TCP, and measures it.
 *   netload serve PORT             answers the others, one after the other, for ever
 *   netload send IP PORT MIB       sends so much, prints MiB a second
 *   netload receive IP PORT MIB    the other way
 *   netload bounce IP PORT COUNT   one byte there and back, so many times, prints microseconds of the median
 *   netload offer PORT             gives its input to the first who comes
 *   netload fetch IP PORT          prints that; waits until somebody offers, 30 seconds at most
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char block[1 << 17];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void no_delay(int s)
{
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static int try_call(const char *ip, const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int s = socket(AF_INET, SOCK_STREAM, 0);

    if (s < 0 || inet_pton(AF_INET, ip, &a.sin_addr) != 1)
        die(ip);
    if (!connect(s, (struct sockaddr *)&a, sizeof(a))) {
        no_delay(s);
        return s;
    }
    close(s);
    return -1;
}

static int caller(const char *ip, const char *port)
{
    int s = try_call(ip, port);

    if (s < 0)
        die(ip);
    return s;
}

static void give(int s, size_t bytes)
{
    while (bytes) {
        ssize_t n = write(s, block, bytes < sizeof(block) ? bytes : sizeof(block));

        if (n <= 0)
            die("write");
        bytes -= (size_t)n;
    }
}

static size_t take(int s, size_t bytes)
{
    size_t got = 0;
    ssize_t n = 1;

    while (got < bytes && n > 0) {
        n = read(s, block, sizeof(block));
        got += n > 0 ? (size_t)n : 0;
    }
    return got;
}

/* The first byte says what is wanted, then comes how many bytes. */
static void answer(int s)
{
    struct {
        char what;
        uint64_t bytes;
    } __attribute__((packed)) q;

    if (read(s, &q, sizeof(q)) != sizeof(q))
        return;
    if (q.what == 's' && take(s, q.bytes) == q.bytes)
        give(s, 1);
    else if (q.what == 'r')
        give(s, q.bytes);
    while (q.what == 'b' && read(s, block, 1) == 1)
        if (write(s, block, 1) != 1)
            break;
}

static int listener(const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int s = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 9))
        die("listen");
    return s;
}

static void pour(int from, int to)
{
    ssize_t n;

    while ((n = read(from, block, sizeof(block))) > 0)
        give(to, (size_t)n);
    if (n < 0)
        die("read");
}

static void offer(const char *port)
{
    int c = accept(listener(port), NULL, NULL);

    if (c < 0)
        die("accept");
    pour(0, c);
    /* Until it has all of it: who offers may be a machine that goes off next. */
    shutdown(c, SHUT_WR);
    while (read(c, block, sizeof(block)) > 0)
        ;
}

static void fetch(const char *ip, const char *port)
{
    int s = -1;

    for (int i = 0; i < 300 && (s = try_call(ip, port)) < 0; i++)
        usleep(100000);
    if (s < 0)
        die(ip);
    pour(s, 1);
}

static void serve(const char *port)
{
    int s = listener(port), c;

    while ((c = accept(s, NULL, NULL)) >= 0) {
        no_delay(c);
        answer(c);
        close(c);
    }
}

static void ask(int s, char what, uint64_t bytes)
{
    char q[9] = {what};

    memcpy(q + 1, &bytes, sizeof(bytes));
    if (write(s, q, sizeof(q)) != sizeof(q))
        die("write");
}

static void bulk(int s, char what, double mib)
{
    uint64_t bytes = (uint64_t)(mib * (1 << 20));
    double start = now();

    ask(s, what, bytes);
    if (what == 's')
        give(s, bytes);
    if (take(s, what == 's' ? 1 : bytes) != (what == 's' ? 1 : bytes))
        die("the other end");
    printf("%s %.1f MiB/s\n", what == 's' ? "send" : "receive", mib / (now() - start));
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void bounce(int s, int count)
{
    double *took = calloc((size_t)count, sizeof(*took));

    ask(s, 'b', 0);
    for (int i = 0; i < count; i++) {
        double start = now();

        give(s, 1);
        if (read(s, block, 1) != 1)
            die("the other end");
        took[i] = now() - start;
    }
    qsort(took, (size_t)count, sizeof(*took), order);
    printf("bounce %.0f us\n", took[count / 2] * 1e6);
    free(took);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "serve")) {
        serve(argv[2]);
    } else if (argc == 3 && !strcmp(argv[1], "offer")) {
        offer(argv[2]);
    } else if (argc == 4 && !strcmp(argv[1], "fetch")) {
        fetch(argv[2], argv[3]);
    } else if (argc == 5 && atoi(argv[4]) > 0) {
        int s = caller(argv[2], argv[3]);

        if (!strcmp(argv[1], "bounce"))
            bounce(s, atoi(argv[4]));
        else
            bulk(s, *argv[1], atof(argv[4]));
    } else {
        fputs("usage: netload serve PORT | send|receive IP PORT MIB | bounce IP PORT COUNT | offer PORT | fetch IP PORT\n", stderr);
        return 2;
    }
    return 0;
}
