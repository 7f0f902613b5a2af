/* SPDX-License-Identifier: MIT */
/* tcppeer ADDRESS MIB: sends so much to the echo server there and compares what comes back; prints kB/s. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)((at * 0x9e3779b97f4a7c15ull) >> 56);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* 0 when all came back as it was sent. */
static int exchange(int fd, uint64_t total)
{
    static uint8_t out[65536], in[65536];
    uint64_t sent = 0, back = 0;

    while (back < total) {
        struct pollfd p = {.fd = fd, .events = (short)(POLLIN | (sent < total ? POLLOUT : 0))};

        if (poll(&p, 1, 60000) <= 0)
            return 1;
        if (p.revents & POLLOUT) {
            size_t n = total - sent < sizeof(out) ? total - sent : sizeof(out);
            ssize_t done;

            for (size_t i = 0; i < n; i++)
                out[i] = pattern(sent + i);
            done = send(fd, out, n, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (done > 0)
                sent += (uint64_t)done;
            if (sent == total)
                shutdown(fd, SHUT_WR);
        }
        if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
            ssize_t n = recv(fd, in, sizeof(in), 0);

            if (n <= 0)
                return 1;
            for (ssize_t i = 0; i < n; i++)
                if (in[i] != pattern(back++))
                    return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
    uint64_t total, begin = now_ms();
    int fd, rc;

    if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
        return 2;
    total = strtoull(argv[2], NULL, 10) << 20;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
        perror("tcppeer");
        return 1;
    }
    rc = exchange(fd, total);
    printf("tcppeer: %s, %llu kB/s\n", rc ? "bad" : "good",
           (unsigned long long)(total / (now_ms() - begin + 1)));
    close(fd);
    return rc;
}
