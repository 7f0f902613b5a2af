/* SPDX-License-Identifier: MIT */
/*
 * iorate DEVICE read|write rand|seq BYTES DEPTH SECONDS: how fast a block device is past the page cache, with DEPTH requests of BYTES
 * on the way. Prints `iorate ... OPERATIONS/s MB/s`; fails if one does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DEPTH_MOST 256

static uint64_t device_bytes, at, state = 88172645463325252u;
static long size;
static int device, writes, random_order;

static uint64_t any(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ask(aio_context_t context, struct iocb *c, void *data)
{
    uint64_t blocks = device_bytes / (uint64_t)size;

    memset(c, 0, sizeof(*c));
    c->aio_fildes = (uint32_t)device;
    c->aio_lio_opcode = writes ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
    c->aio_buf = (uintptr_t)data;
    c->aio_nbytes = (uint64_t)size;
    c->aio_offset = (int64_t)((random_order ? any() % blocks : at++ % blocks) * (uint64_t)size);
    c->aio_data = (uintptr_t)c;
    if (syscall(SYS_io_submit, context, 1, &c) != 1) {
        perror("iorate: io_submit");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    static struct iocb list[DEPTH_MOST];
    struct io_event done[DEPTH_MOST];
    aio_context_t context = 0;
    uint64_t operations = 0;
    long depth;
    double begin, until;
    uint8_t *data;

    if (argc != 7)
        return 2;
    writes = argv[2][0] == 'w';
    random_order = argv[3][0] == 'r';
    size = atol(argv[4]);
    depth = atol(argv[5]);
    device = open(argv[1], O_RDWR | O_DIRECT);
    if (device < 0 || ioctl(device, BLKGETSIZE64, &device_bytes) || depth < 1 || depth > DEPTH_MOST || size < 512 ||
        syscall(SYS_io_setup, DEPTH_MOST, &context)) {
        perror("iorate");
        return 1;
    }
    data = mmap(NULL, (size_t)(size * depth), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    begin = now();
    until = begin + atof(argv[6]);
    for (long i = 0; i < depth; i++)
        ask(context, &list[i], data + i * size);
    while (now() < until) {
        long n = syscall(SYS_io_getevents, context, 1, DEPTH_MOST, done, NULL);

        for (long i = 0; i < n; i++) {
            struct iocb *c = (struct iocb *)(uintptr_t)done[i].data;

            if (done[i].res != size) {
                fprintf(stderr, "iorate: %lld instead of %ld bytes\n", (long long)done[i].res, size);
                return 1;
            }
            operations++;
            ask(context, c, data + (c - list) * size);
        }
    }
    printf("iorate %s %s %s %ld depth %ld: %.0f /s %.1f MB/s\n", argv[1], argv[2], argv[3], size, depth,
           (double)operations / (now() - begin), (double)operations * (double)size / 1e6 / (now() - begin));
    return 0;
}
