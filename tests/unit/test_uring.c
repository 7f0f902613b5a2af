/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/uring.c dom0/backend/tapio.c dom0/lib/loop.c dom0/lib/log.c */
/* The daemon's io_uring, and frames by it, with this machine's kernel; a pair of sockets is the tap. */
#define _GNU_SOURCE
#include "dom0/backend/uring.h"
#include "dom0/backend/tapio.h"
#include "dom0/lib/loop.h"
#include "fake_area.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <stdio.h>
#include <unistd.h>

static struct counted {
    struct source source;
    unsigned events;
} tap, other;
static int ends[2];

static void count(struct source *s, uint32_t events)
{
    (void)events;
    ((struct counted *)s)->events++;
}

static void setup(void)
{
    static char path[] = "/tmp/uring.XXXXXX";
    int err, fd = mkstemp(path);

    close(fd);
    uring_lock = path;
    cr_assert(!loop_open());
    err = uring_open();
    unlink(path);
    if (err == EPERM || err == ENOSYS)
        cr_skip_test("no io_uring here");
    cr_assert(!err && !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends));
    tap.source.event = other.source.event = count;
}

TestSuite(uring, .init = setup, .timeout = 20);

static void batch(const char *const *texts, unsigned nr)
{
    struct tap_piece w[TAP_WRITES];

    for (unsigned i = 0; i < nr; i++)
        w[i] = (struct tap_piece){.at = (void *)(uintptr_t)texts[i], .bytes = (uint32_t)strlen(texts[i])};
    tap_batch(ends[0], w, nr);
    for (unsigned i = 0; i < nr; i++)
        cr_assert_eq(w[i].result, (int)w[i].bytes);
}

static void says(const char *text)
{
    cr_assert_eq(send(ends[1], text, strlen(text), 0), (ssize_t)strlen(text));
}

static void hears(const char *text)
{
    char is[64] = "";

    cr_assert_gt(recv(ends[1], is, sizeof(is) - 1, 0), 0);
    cr_assert_str_eq(is, text);
}

Test(uring, a_batch_keeps_the_order)
{
    batch((const char *const[]){"one"}, 1);
    batch((const char *const[]){"two", "three"}, 2);
    hears("one");
    hears("two");
    hears("three");
}

Test(uring, a_full_tap_is_not_waited_for)
{
    struct tap_piece w[TAP_WRITES];
    unsigned n = 0, refused = 0;

    while (send(ends[0], "full", 4, 0) == 4)
        n++;
    for (unsigned i = 0; i < 2; i++)
        w[i] = (struct tap_piece){.at = "more", .bytes = 4};
    tap_batch(ends[0], w, 2);
    for (unsigned i = 0; i < 2; i++)
        refused += w[i].result < 0;
    cr_assert_eq(refused, 2);
    while (n--)
        hears("full");
    cr_assert_lt(recv(ends[1], w, 4, 0), 0);
}

static struct tap_watch *watch(void)
{
    struct tap_watch *w;

    cr_assert_eq(tap_start(2, 100), 0);
    w = tap_watch_open(ends[0], &tap.source);
    cr_assert(w && !tap_watch_came(w, 0) && !tap_watch_waits(w));
    return w;
}

static void came(struct tap_watch *w, const char *text)
{
    const struct tap_piece *p = tap_watch_came(w, 0);

    cr_assert(p && p->result == (int)strlen(text) && !memcmp(p->at, text, strlen(text)));
    cr_assert_eq((uintptr_t)p->at % 4096, 4094);
    tap_watch_drop(w, 1);
}

Test(uring, a_watch_brings_frame_after_frame)
{
    struct tap_watch *w = watch();

    says("a1");
    tap_watch_arm(w, 1);
    tap_watch_arm(w, 1);
    cr_assert_eq(tap_watch_waits(w), 1);
    uring_wait(-1);
    uring_wait(20);
    says("b1");
    tap_watch_arm(w, 1); /* the first has not been dropped */
    uring_wait(20);
    cr_assert(tap.events == 1 && !tap_watch_waits(w));
    came(w, "a1");
    cr_assert(!tap_watch_came(w, 0));
    tap_watch_arm(w, 1);
    uring_wait(0);
    cr_assert_eq(tap.events, 2);
    came(w, "b1");
    tap_watch_arm(w, 1);
    uring_wait(20);
    cr_assert(tap_watch_waits(w) && !tap_watch_came(w, 0));
    batch((const char *const[]){"one"}, 1);
    batch((const char *const[]){"two", "three"}, 2);
    says("c");
    uring_wait(-1);
    came(w, "c");
    tap_watch_close(w);
}

Test(uring, what_waits_goes_with_what_is_written)
{
    struct tap_watch *w = watch();

    says("a");
    tap_watch_arm(w, 1);
    batch((const char *const[]){"one"}, 1);
    came(w, "a");
    tap_watch_close(w);
}

Test(uring, frames_keep_their_order)
{
    struct tap_watch *w = watch();
    char text[8];

    for (unsigned i = 0; i < 200;) {
        tap_watch_arm(w, TAP_READS);
        uring_wait(0);
        for (unsigned n = 0; n < 10; n++) {
            snprintf(text, sizeof(text), "%03u", i + n);
            says(text);
        }
        for (unsigned n = 0; n < 10; n++, i++) {
            while (!tap_watch_came(w, 0))
                uring_wait(-1);
            snprintf(text, sizeof(text), "%03u", i);
            came(w, text);
        }
    }
    cr_assert_eq(tap.events, 200);
    tap_watch_close(w);
}

/* Of frames that stay, the room is left to others. */
Test(uring, more_frames_are_kept_than_there_is_room_for)
{
    struct tap_watch *w[8];
    char text[8];

    for (unsigned i = 0; i < 8; i++) {
        w[i] = i ? tap_watch_open(ends[0], &tap.source) : watch();
        tap_watch_arm(w[i], 7);
        for (unsigned n = 0; n < 7; n++) {
            snprintf(text, sizeof(text), "%u.%u", i, n);
            says(text);
        }
        while (!tap_watch_came(w[i], 6))
            uring_wait(-1);
        tap_watch_keep(w[i]);
        tap_watch_keep(w[i]);
    }
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned n = 0; n < 7; n++) {
            const struct tap_piece *p = tap_watch_came(w[i], n);

            snprintf(text, sizeof(text), "%u.%u", i, n);
            cr_assert(p->result == 3 && !memcmp(p->at, text, 3));
        }
        tap_watch_drop(w[i], 3);
        cr_assert(((const char *)tap_watch_came(w[i], 0)->at)[2] == '3' && !tap_watch_came(w[i], 4));
        tap_watch_close(w[i]);
    }
}

/* Without room a read ends, and is to be asked for again: who uses what it has gets it back. */
Test(uring, without_room_nothing_is_lost)
{
    struct tap_watch *w[4];
    unsigned got = 0;

    for (unsigned i = 0; i < 4; i++)
        w[i] = i ? tap_watch_open(ends[0], &tap.source) : watch();
    for (unsigned i = 0; i < 50; i++)
        says("frame");
    while (got < 50) {
        for (unsigned i = 0; i < 4; i++)
            tap_watch_arm(w[i], TAP_READS);
        uring_wait(20);
        cr_assert(tap.events > 0);
        for (unsigned i = 0; i < 4; i++)
            while (tap_watch_came(w[i], 0)) {
                came(w[i], "frame");
                got++;
            }
    }
    for (unsigned i = 0; i < 4; i++)
        tap_watch_close(w[i]);
}

Test(uring, a_watch_ends_while_it_waits)
{
    struct tap_watch *w = watch();
    char text[8];

    tap_watch_arm(w, 3);
    uring_wait(0);
    tap_watch_close(w);
    uring_wait(20);
    says("b");
    uring_wait(20);
    cr_assert_eq(tap.events, 0);
    cr_assert(recv(ends[0], text, sizeof(text), 0) == 1 && text[0] == 'b');
}

Test(uring, a_tap_that_is_gone_is_not_asked_again)
{
    struct tap_watch *w = watch();

    close(ends[1]);
    tap_watch_arm(w, 2);
    uring_wait(-1);
    uring_wait(20);
    tap_watch_arm(w, 2);
    uring_wait(20);
    cr_assert(!tap.events && !tap_watch_waits(w) && !tap_watch_came(w, 0));
    tap_watch_close(w);
}

Test(uring, the_loop_has_its_events_too)
{
    int fd = eventfd(3, EFD_NONBLOCK);

    uring_wait(10); /* it takes one to know that there is nothing */
    cr_assert(!loop_add(fd, &other.source, EPOLLIN | EPOLLET));
    for (int i = 0; i < 3 && !other.events; i++)
        uring_wait(1000);
    cr_assert_eq(other.events, 1);
    uring_wait(10);
    uring_wait(10);
    cr_assert_eq(other.events, 1);
    cr_assert_eq(eventfd_write(fd, 1), 0);
    for (int i = 0; i < 3 && other.events < 2; i++)
        uring_wait(1000);
    cr_assert_eq(other.events, 2);
}
