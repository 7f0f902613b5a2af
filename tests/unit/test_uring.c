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

static char got[TAP_READS][64];

static unsigned batch(const char *const *texts, unsigned nr_texts, unsigned nr_reads)
{
    struct tap_piece w[TAP_WRITES], r[TAP_READS];
    unsigned n = 0;

    memset(got, 0, sizeof(got));
    for (unsigned i = 0; i < nr_texts; i++)
        w[i] = (struct tap_piece){.at = (void *)(uintptr_t)texts[i], .bytes = (uint32_t)strlen(texts[i])};
    for (unsigned i = 0; i < nr_reads; i++)
        r[i] = (struct tap_piece){.at = got[i], .bytes = sizeof(got[i])};
    tap_batch(ends[0], w, nr_texts, r, nr_reads);
    for (unsigned i = 0; i < nr_texts; i++)
        cr_assert_eq(w[i].result, (int)w[i].bytes);
    for (; n < nr_reads && r[n].result > 0; n++)
        ;
    for (unsigned i = n; i < nr_reads; i++)
        cr_assert_lt(r[i].result, 0);
    return n;
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

Test(uring, a_batch_keeps_the_order_and_leaves_nothing_under_way)
{
    cr_assert_eq(batch((const char *const[]){"one"}, 1, 0), 0);
    says("a");
    says("b");
    says("c");
    cr_assert_eq(batch((const char *const[]){"two", "three"}, 2, 2), 2);
    cr_assert(!strcmp(got[0], "a") && !strcmp(got[1], "b"));
    cr_assert_eq(batch(NULL, 0, TAP_READS), 1);
    cr_assert_str_eq(got[0], "c");
    cr_assert_eq(batch(NULL, 0, 3), 0);
    says("d"); /* nobody waits for it */
    uring_wait(0);
    cr_assert(!got[0][0] && !got[1][0] && !got[2][0]);
    cr_assert_eq(batch(NULL, 0, 1), 1);
    cr_assert_str_eq(got[0], "d");
    hears("one");
    hears("two");
    hears("three");
}

static struct tap_watch *watch(void)
{
    struct tap_watch *w = tap_watch_open(ends[0], &tap.source, 2, 100);

    cr_assert(w && !tap_watch_came(w) && !tap_watch_waits(w));
    return w;
}

static void came(struct tap_watch *w, const char *text, unsigned events)
{
    const struct tap_piece *p = tap_watch_came(w);

    cr_assert(p && p->result == (int)strlen(text) && !memcmp(p->at, text, strlen(text)) && tap.events == events && !tap_watch_waits(w));
    cr_assert_eq((uintptr_t)p->at % 4096, 4094);
    tap_watch_drop(w);
    cr_assert(!tap_watch_came(w));
}

Test(uring, a_watch_brings_frame_after_frame)
{
    struct tap_watch *w = watch();

    says("a1");
    tap_watch_arm(w);
    tap_watch_arm(w);
    uring_wait(-1);
    uring_wait(20);
    says("b1");
    tap_watch_arm(w); /* the first has not been dropped */
    uring_wait(20);
    came(w, "a1", 1);
    tap_watch_arm(w);
    uring_wait(0);
    came(w, "b1", 2);
    tap_watch_arm(w);
    uring_wait(20);
    cr_assert(tap_watch_waits(w) && !tap_watch_came(w));
    cr_assert_eq(batch((const char *const[]){"one"}, 1, 0), 0);
    cr_assert_eq(batch((const char *const[]){"two", "three"}, 2, 0), 0);
    says("c");
    uring_wait(-1);
    says("d");
    says("e");
    cr_assert_eq(batch(NULL, 0, 2), 2, "while one is here, others can be read");
    came(w, "c", 3);
    cr_assert(!strcmp(got[0], "d") && !strcmp(got[1], "e"));
    tap_watch_close(w);
}

Test(uring, a_watch_ends_while_it_waits)
{
    struct tap_watch *w = watch();

    tap_watch_arm(w);
    uring_wait(0);
    tap_watch_close(w);
    uring_wait(20);
    says("b");
    uring_wait(20);
    cr_assert_eq(tap.events, 0);
    cr_assert_eq(batch(NULL, 0, 1), 1);
}

Test(uring, a_tap_that_is_gone_is_not_asked_again)
{
    struct tap_watch *w = watch();

    close(ends[1]);
    tap_watch_arm(w);
    uring_wait(-1);
    tap_watch_arm(w);
    uring_wait(20);
    cr_assert(!tap.events && !tap_watch_waits(w) && !tap_watch_came(w));
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
