/* SPDX-License-Identifier: MIT */
/* A block back end that answers what nobody asked: the device is given up with a reason, the guest goes on. */
#include "fakedisk.h"
#include "harness.h"

static struct fake_disk disk;
static char buffer[16 * PAGE_SIZE] __attribute__((aligned(512)));
static int trick;

static bool misbehave(struct fake_disk *d, struct blkif_response *a)
{
    switch (trick) {
    case 0: /* An id beyond all. */ a->id = ~0ull; break;
    case 1: /* One that was not asked. */ a->id += 1; break;
    case 2: /* Twice. */ fake_disk_answer(d, a); break;
    case 3: a->operation ^= 1; break;
    case 4: /* More answers than requests. */
        d->ring->rsp_prod = d->rsp_prod + d->entries;
        return true;
    case 5: d->ring->rsp_prod = d->rsp_prod - 1; return true;
    case 6: d->ring->rsp_prod = ~0u; return true;
    case 7: /* No trick: only the request fails, and no event is asked for. */
        d->ring->req_event = 54321;
        a->status = 1234;
        break;
    }
    fake_disk_answer(d, a);
    return true;
}

TEST("hostile_block_back_end", "bad answers end the device, not the guest")
{
    struct block *b;

    fake_store_start();
    block_open(0, 1);
    for (trick = 0; trick < 8; trick++) {
        disk = (struct fake_disk){
            .id = 100 + (unsigned int)trick, .persistent = trick & 1, .mischief = misbehave};
        fake_disk_offer(&disk);
        fake_disk_connect(&disk);
        b = block_open_id(disk.id, time_ns() + DEADLINE_NS);
        CHECK(b, "no disk");
        CHECK_RC(block_read(b, 0, buffer, 512), -XEN_EIO);
        if (trick < 7)
            CHECK_RC(block_write(b, 0, buffer, sizeof(buffer)), -XEN_EIO);
        CHECK(!!block_dead(b) == (trick != 7), "trick %d: %s", trick, block_dead(b));
        disk.connected = false;
        fake_disk_disconnect(&disk);
        fake_disk_state(&disk, XenbusStateClosed);
        fake_disk_remove(&disk);
        thread_sleep_until(time_ns() + NS_PER_MS);
    }
    /* Keys that are no configuration. */
    disk = (struct fake_disk){.id = 200};
    fake_disk_offer(&disk);
    fake_set("/back/200/sectors", "18446744073709551615");
    fake_set("/back/200/sector-size", "77");
    CHECK(fake_await("device/vbd/200/state", XenbusStateInitialised), "nothing is published");
    fake_disk_state(&disk, XenbusStateConnected);
    CHECK(fake_await("device/vbd/200/state", XenbusStateClosed), "a senseless size is taken");
    for (int i = 0; i < 20; i++) {
        fake_set("/back/200/state", "%s",
                 (const char *[]){"", "-1", "x", "99999999999999999999", "3 "}[i % 5]);
        thread_yield();
    }
    fake_disk_remove(&disk);
    fake_set("device/vbd/4294967296/backend", "/back/1");
    fake_set("device/vbd/x/backend", "/back/1");
    fake_set("device/vbd/7/backend", "/nowhere");
    fake_set("device/vbd/7/backend-id", "99999");
    thread_sleep_until(time_ns() + NS_PER_MS);
    CHECK(!block_open(0, time_ns() + NS_PER_MS), "a disk of these");
}
