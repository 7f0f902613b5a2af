/* SPDX-License-Identifier: MIT */
/* LINK: dom0/console/client.c dom0/console/find.c dom0/console/history.c dom0/lib/loop.c dom0/lib/service.c dom0/lib/log.c */
/* The console daemon's socket: its requests, and what becomes of clients that are slow, rude or gone. */
#include "dom0/console/client.h"
#include "dom0/console/guest.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/console-XXXXXX", text[1 << 20], typed[1024];
static struct guest *guest;
static size_t room, taken_port;
static unsigned taken;
static int fd;

/* ---- the rest of the daemon ---- */

int guest_take(unsigned id, uint64_t frame, uint32_t port)
{
    taken = id;
    taken_port = port;
    return frame == 13 ? ESRCH : 0;
}

size_t guest_room(struct guest *g)
{
    cr_assert_eq(g, guest);
    return room;
}

size_t guest_type(struct guest *g, const char *data, size_t n)
{
    cr_assert_eq(g, guest);
    n = n < room ? n : room;
    strncat(typed, data, n);
    room -= n;
    return n;
}

/* ---- the clients' side ---- */

static void rounds(void)
{
    for (int i = 0; i < 8; i++)
        loop_round(0);
}

static int client_open(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(a.sun_path, sizeof(a.sun_path), "%s/socket", folder);
    cr_assert_eq(connect(s, (struct sockaddr *)&a, sizeof(a)), 0);
    return s;
}

static void send_text(const char *s)
{
    cr_assert_eq(write(fd, s, strlen(s)), (ssize_t)strlen(s));
    rounds();
}

/* All that has come, with a 0 behind it; -1: the daemon closed. */
static ssize_t receive(void)
{
    ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = 0;
    return n == 0 ? -1 : n < 0 ? 0 : n;
}

static void expect(const char *wanted)
{
    receive();
    cr_assert_str_eq(text, wanted);
}

static void printed(const char *data, size_t n)
{
    history_add(guest->history, data, n);
    clients_printed(guest);
}

static void setup(void)
{
    struct dead *d = calloc(1, sizeof(*d));

    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(loop_open(), 0);
    cr_assert_eq(clients_open(folder), 0);
    guest = calloc(1, sizeof(*guest));
    guest->id = 7;
    strcpy(guest->name, "g");
    guest->uuid[15] = 0xab;
    guest->history = history_new();
    TAILQ_INIT(&guest->clients);
    TAILQ_INSERT_TAIL(&guests, guest, all);
    d->id = 5;
    strcpy(d->name, "late");
    d->history = history_new();
    history_add(d->history, "last words", 10);
    TAILQ_INSERT_HEAD(&dead, d, all);
    room = 100;
    fd = client_open();
}

static void teardown(void)
{
    char command[64];

    close(fd);
    rounds();
    cr_assert(TAILQ_EMPTY(&guest->clients));
    history_put(guest->history);
    free(guest);
    history_put(TAILQ_FIRST(&dead)->history);
    free(TAILQ_FIRST(&dead));
    snprintf(command, sizeof(command), "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(console_client, .init = setup, .fini = teardown);

#define UUID "00000000-0000-0000-0000-0000000000ab"
#define NONE "00000000-0000-0000-0000-000000000000"

Test(console_client, list_has_the_living_and_the_dead)
{
    send_text("list\n");
    expect("ok 101\n7 " UUID " alive 0 g\n5 " NONE " dead 10 late\n");
}

Test(console_client, history_is_found_by_number_name_and_uuid)
{
    printed("hello", 5);
    send_text("history 7\nhistory g\n");
    expect("ok 5 7 " UUID " g\nhellook 5 7 " UUID " g\nhello");
    send_text("history 00000000-0000-0000-0000-0000000000AB\n");
    expect("ok 5 7 " UUID " g\nhello");
}

Test(console_client, the_dead_are_found_and_the_living_are_not_among_them)
{
    send_text("dead late\n");
    expect("ok 10 5 " NONE " late\nlast words");
    send_text("dead g\n");
    expect("error 3 no such domain among those that ended last\n");
}

Test(console_client, ready_takes_the_console)
{
    send_text("ready 9 4 77\n");
    expect("ok\n");
    cr_assert_eq(taken, 9);
    cr_assert_eq(taken_port, 4);
    send_text("ready 9 4 13\n");
    expect("error 3 No such process\n");
    send_text("ready\n");
    expect("error 22 ready ID [PORT FRAME]\n");
}

Test(console_client, attached_it_gets_history_and_all_that_follows)
{
    printed("before ", 7);
    send_text("attach g\n");
    expect("ok 7 7 " UUID " g\nbefore ");
    printed("after", 5);
    expect("after");
}

Test(console_client, what_is_typed_arrives_even_with_the_request)
{
    send_text("attach g\nabc");
    send_text("def");
    cr_assert_str_eq(typed, "abcdef");
}

Test(console_client, typing_waits_for_room)
{
    room = 2;
    send_text("attach g\nabcdef");
    cr_assert_str_eq(typed, "ab");
    room = 100;
    clients_room(guest);
    rounds();
    send_text("!");
    cr_assert_str_eq(typed, "abcdef!");
}

Test(console_client, a_slow_one_loses_what_is_old_and_is_told)
{
    static char much[4 * HISTORY_BYTES];
    size_t all = 0;
    ssize_t n;

    send_text("attach g\n");
    memset(much, 'x', sizeof(much));
    for (int i = 0; i < 64; i++)
        printed(much, sizeof(much));
    printed("the end", 7);
    for (int i = 0; i < 64 && (n = receive()) > 0; i++) {
        all += (size_t)n;
        rounds();
        if (strstr(text, "bytes lost here"))
            taken = 1;
        if (strstr(text, "the end"))
            break;
    }
    cr_assert_eq(taken, 1);
    cr_assert(strstr(text, "the end"));
    cr_assert_lt(all, 32 * sizeof(much));
}

Test(console_client, at_the_guests_end_it_gets_the_rest_and_the_connection_closes)
{
    send_text("attach g\n");
    receive();
    printed("last", 4);
    clients_ended(guest);
    expect("last");
    cr_assert_eq(receive(), -1);
}

Test(console_client, who_sends_no_more_still_gets_its_answer)
{
    send_text("dead late\n");
    shutdown(fd, SHUT_WR);
    rounds();
    expect("ok 10 5 " NONE " late\nlast words");
    rounds();
    cr_assert_eq(receive(), -1);
}

Test(console_client, one_that_goes_away_is_forgotten)
{
    send_text("attach g\n");
    close(fd);
    rounds();
    cr_assert(TAILQ_EMPTY(&guest->clients));
    printed("nobody", 6);
    fd = client_open();
    send_text("history g\n");
    expect("ok 6 7 " UUID " g\nnobody");
}

Test(console_client, nonsense_is_refused_and_a_long_line_ends_it)
{
    static char line[400];

    send_text("\n");
    expect("error 22 list, history KEY, dead KEY, attach KEY or ready ID\n");
    send_text("attach nobody\n");
    expect("error 3 no such console\n");
    memset(line, 'a', sizeof(line) - 1);
    send_text(line);
    expect("error 22 a request has less than 256 characters\n");
    rounds();
    cr_assert_lt(receive(), 1);
}
