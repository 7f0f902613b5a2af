/* SPDX-License-Identifier: MIT */
/*
 * Writes to pages and checks what it wrote, without end: for a guest that is moved while it runs.
 * pages MIB: half of them private, written also after forks by parent and child, half shared in a file of /tmp.
 * Each page holds the number of times it was written, mixed with its place; the numbers lie elsewhere. It prints
 * `pages: N rounds` now and then, and `pages: BAD ...` once and ends if a page is not as it was left.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u
#define AT_ONCE 64
#define WORDS (PAGE / sizeof(uint64_t))

static uint64_t *page[1 << 16];
static uint32_t times[1 << 16];

static uint64_t value(uint32_t n, uint32_t time, unsigned word)
{
    return ((uint64_t)n << 32 | time) * 0x9e3779b97f4a7c15u + word;
}

static void page_write(uint32_t n)
{
    times[n]++;
    for (unsigned w = 0; w < WORDS; w += 16)
        page[n][w] = value(n, times[n], w);
}

static void page_check(uint32_t n)
{
    for (unsigned w = 0; w < WORDS; w += 16)
        if (page[n][w] != (times[n] ? value(n, times[n], w) : 0)) {
            printf("pages: BAD: page %u word %u is %lx, written %u times\n", n, w, page[n][w], times[n]);
            exit(1);
        }
}

static void fill(uint32_t first, uint32_t nr, int flags, int fd)
{
    uint8_t *at = mmap(NULL, (size_t)nr * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

    if (at == MAP_FAILED)
        exit(2);
    for (uint32_t i = 0; i < nr; i++)
        page[first + i] = (uint64_t *)(at + (size_t)i * PAGE);
}

/* A child writes to the private pages too, and the parent must not see it. */
static void round_in_child(uint32_t first, uint32_t nr)
{
    pid_t child = fork();
    int status;

    if (!child) {
        for (uint32_t i = 0; i < AT_ONCE; i++)
            page_write((first + i) % nr);
        for (uint32_t i = 0; i < nr; i++)
            page_check(i);
        _exit(0);
    }
    page_write(first % nr);
    if (child < 0 || waitpid(child, &status, 0) != child || status) {
        printf("pages: BAD: the child ended with %x\n", status);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    uint32_t nr = (uint32_t)atoi(argc > 1 ? argv[1] : "8") * 256, half = nr / 2, x = 1;
    int fd = open("/tmp/pages", O_RDWR | O_CREAT | O_TRUNC, 0600);

    if (fd < 0 || ftruncate(fd, (off_t)half * PAGE) || nr < 512 || nr > 1 << 16)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    fill(0, half, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    fill(half, half, MAP_SHARED, fd);
    for (unsigned round = 1;; round++) {
        for (unsigned i = 0; i < AT_ONCE; i++) {
            x = x * 1664525 + 1013904223;
            page_write((x >> 8) % nr);
        }
        if (round % 16 == 0)
            round_in_child((x >> 8) % half, half);
        for (uint32_t i = 0; i < nr; i++)
            page_check(i);
        if (round % 50 == 0)
            printf("pages: %u rounds\n", round);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}
