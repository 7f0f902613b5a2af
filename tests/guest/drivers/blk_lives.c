/* SPDX-License-Identifier: MIT */
/*
 * A disk's whole life with a back end that keeps the rules: data in small and large requests, with and without kept
 * grants; the back end goes away in the middle of requests and comes again; another size; detached and attached anew.
 */
#include "fakedisk.h"
#include "harness.h"

static struct fake_disk disk = {.id = 51712};
static char out[FAKE_DISK_SIZE] __attribute__((aligned(512))),
    in[FAKE_DISK_SIZE] __attribute__((aligned(512)));
static struct block *block;

static void fill(unsigned int seed)
{
    for (size_t i = 0; i < sizeof(out); i++)
        out[i] = (char)((i * 31 + i / 512 + seed) % 251);
}

static void data(unsigned int seed)
{
    fill(seed);
    CHECK_RC(block_write(block, 0, out, sizeof(out)), 0);
    CHECK(!memcmp(disk.data, out, sizeof(out)), "what was written is not what is there");
    CHECK_RC(block_flush(block), 0);
    memset(in, 0, sizeof(in));
    CHECK_RC(block_read(block, 0, in, sizeof(in)), 0);
    CHECK(!memcmp(in, out, sizeof(in)), "what was read is not what was written");
    /* Sectors in the middle of pages, buffers across them. */
    for (unsigned int i = 1; i < 40; i += 3) {
        memset(in, 0, sizeof(in));
        CHECK_RC(block_read(block, i * 512, in + 512 * (i % 8), i * 512), 0);
        CHECK(!memcmp(in + 512 * (i % 8), out + i * 512, i * 512), "%u sectors", i);
        CHECK(!in[512 * (i % 8) + i * 512], "more than %u sectors", i);
    }
}

static void connect(bool persistent, bool indirect)
{
    disk.persistent = persistent;
    disk.indirect = indirect;
    fake_disk_offer(&disk);
    fake_disk_connect(&disk);
    block = block_open(0, time_ns() + DEADLINE_NS);
    CHECK(block && block_size(block) == FAKE_DISK_SIZE, "no disk of that size");
}

static void detach(void)
{
    fake_set("/back/51712/online", "0");
    fake_disk_state(&disk, XenbusStateClosing);
    CHECK(fake_await("device/vbd/51712/state", XenbusStateClosed), "the front end does not close");
    fake_disk_disconnect(&disk);
    fake_disk_state(&disk, XenbusStateClosed);
    fake_disk_remove(&disk);
    thread_sleep_until(time_ns() + NS_PER_MS);
    CHECK_RC(block_read(block, 0, in, 512), -XEN_ENODEV);
    CHECK(!block_open(0, time_ns() + NS_PER_MS), "the disk is still there");
}

/* Requests under way when the back end leaves are done by the next. */
static void restart(bool orderly)
{
    static struct block_request r[3];

    fill(7);
    disk.hold = true;
    for (unsigned int i = 0; i < 3; i++) {
        r[i] = (struct block_request){.op = BLOCK_WRITE,
                                      .offset = i * 20 * PAGE_SIZE,
                                      .size = 20 * PAGE_SIZE,
                                      .buffer = out + i * 20 * PAGE_SIZE};
        block_submit(block, &r[i]);
    }
    memset(disk.data, 0, sizeof(disk.data));
    if (orderly) {
        fake_disk_state(&disk, XenbusStateClosing);
        CHECK(fake_await("device/vbd/51712/state", XenbusStateClosed),
              "the front end does not close");
    }
    fake_disk_disconnect(&disk);
    if (orderly)
        fake_disk_state(&disk, XenbusStateClosed);
    if (orderly)
        CHECK(fake_await("device/vbd/51712/state", XenbusStateInitialising),
              "the back end is not invited");
    else
        fake_set("device/vbd/51712/state", "0");
    fake_disk_state(&disk, XenbusStateInitWait);
    disk.hold = false;
    fake_disk_connect(&disk);
    for (unsigned int i = 0; i < 3; i++)
        CHECK_RC(block_wait(&r[i]), 0);
    CHECK(!memcmp(disk.data, out, 60 * PAGE_SIZE), "a request was lost with the back end");
}

TEST("block_front_end_lives", "disks work, go on with another back end, and come and go")
{
    fake_store_start();
    CHECK(!block_open(0, time_ns() + NS_PER_MS), "a disk out of nothing");
    for (unsigned int way = 0; way < 4; way++) {
        connect(way & 1, way & 2);
        data(way);
        CHECK_RC(block_read(block, 100, in, 512), -XEN_EINVAL);
        CHECK_RC(block_read(block, FAKE_DISK_SIZE, in, 512), -XEN_EINVAL);
        CHECK_RC(block_read(block, FAKE_DISK_SIZE - 512, in, 1024), -XEN_EINVAL);
        CHECK_RC(block_read(block, ~0ull << 9, in, 1024), -XEN_EINVAL);
        CHECK_RC(block_discard(block, 0, 512), -XEN_EOPNOTSUPP);
        restart(true);
        restart(false);
        data(way + 10);
        fake_set("/back/51712/sectors", "8");
        fake_disk_state(&disk, XenbusStateConnected);
        thread_sleep_until(time_ns() + NS_PER_MS);
        CHECK_EQ(block_size(block), 4096);
        detach();
    }
    CHECK(disk.indirects && disk.flushes == 8, "%u indirect requests, %u flushes", disk.indirects,
          disk.flushes);
}
