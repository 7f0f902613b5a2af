/* SPDX-License-Identifier: MIT */
/* Disks that were taken away by force. */
#include "blk.h"
#include "clock.h"
#include "hv.h"
#include "log.h"
#include "loop.h"
#include <sys/timerfd.h>
#include <unistd.h>

#define REFUSE_MS 5000
#define LOOK_NS 100000000

static TAILQ_HEAD(, disk) refusing = TAILQ_HEAD_INITIALIZER(refusing);
static struct source timer_source;
static int timer = -1;

static bool guest_lives(unsigned domid)
{
    struct hv_domain found;

    return hv_domains(domid, &found, 1) == 1 && found.id == domid && !found.dying && !found.shutdown;
}

static void timer_arm(void)
{
    struct itimerspec t = {.it_value = {0, TAILQ_EMPTY(&refusing) ? 0 : LOOK_NS}};

    timerfd_settime(timer, 0, &t, NULL);
}

static void timer_event(struct source *s, uint32_t events)
{
    uint64_t times, now = clock_ms();
    struct disk *disk, *next;

    (void)s;
    (void)events;
    if (read(timer, &times, sizeof(times)) != sizeof(times))
        return;
    for (disk = TAILQ_FIRST(&refusing); disk; disk = next) {
        next = TAILQ_NEXT(disk, refuse);
        if (now < disk->refuse_until && guest_lives(disk->d->domid))
            continue;
        TAILQ_REMOVE(&refusing, disk, refuse);
        disk_leave(disk);
    }
    timer_arm();
}

bool refuse_begin(struct disk *disk)
{
    if (timer < 0) {
        timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        timer_source.event = timer_event;
        if (timer >= 0 && loop_add(timer, &timer_source, EPOLLIN)) {
            close(timer);
            timer = -1;
        }
    }
    if (timer < 0 || !guest_lives(disk->d->domid))
        return false;
    log_line(LOG_NOTE, "%s: taken away from a guest that uses it: errors for %u s", device_name(disk->d), REFUSE_MS / 1000);
    disk->limits = (struct blk_disk){.sector_size = disk->limits.sector_size, .readonly = true};
    disk->refuse_until = clock_ms() + REFUSE_MS; /* once: no other disconnect() comes before device_settled() */
    TAILQ_INSERT_TAIL(&refusing, disk, refuse);
    timer_arm();
    return true;
}
