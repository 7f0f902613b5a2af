/* SPDX-License-Identifier: MIT */
/* LINK: dom0/backend/xenbus.c dom0/lib/log.c */
/* The back ends' side of the handshake, over a pretended store: what a front end may do, in any order, and what is to follow. */
#include "dom0/backend/xenbus.h"
#include "dom0/backend/store.h"
#include "dom0/lib/hv.h"
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACK "/local/domain/0/backend/toy/3/7"
#define FRONT "/local/domain/3/device/toy/7"

/* ---- the store ---- */

static struct {
    char path[128], value[320];
} node[64];

static int find(const char *path)
{
    for (int i = 0; i < 64; i++)
        if (!strcmp(node[i].path, path))
            return i;
    return -1;
}

static void put(const char *path, const char *value)
{
    int i = find(path);

    if (i < 0)
        i = find("");
    snprintf(node[i].path, sizeof(node[i].path), "%s", path);
    snprintf(node[i].value, sizeof(node[i].value), "%s", value);
}

char *store_read(const char *path)
{
    int i = find(path);

    return i < 0 ? NULL : strdup(node[i].value);
}

bool store_write(const char *path, const char *text)
{
    put(path, text);
    return true;
}

bool store_write_there(const char *path, const char *text)
{
    return find(path) >= 0 && store_write(path, text);
}

void store_remove(const char *path)
{
    for (int i = 0; i < 64; i++)
        if (!strncmp(node[i].path, path, strlen(path)))
            node[i].path[0] = 0;
}

char **store_list(const char *path, unsigned *n)
{
    (void)path;
    *n = 0;
    return NULL;
}

bool store_watch(const char *path, const char *token)
{
    return path && token;
}

void store_unwatch(const char *path, const char *token)
{
    (void)path;
    (void)token;
}

bool store_is_there(void)
{
    return true;
}

unsigned store_own_domid(void)
{
    return 0;
}

char *key_read(struct device *d, bool front, const char *key)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", front ? d->front : d->back, key);
    return store_read(path);
}

bool key_number(struct device *d, bool front, const char *key, uint64_t without, uint64_t max, uint64_t *value)
{
    char *text = key_read(d, front, key), *end;
    bool good = true;

    *value = without;
    if (text) {
        *value = strtoull(text, &end, 10);
        good = *text >= '0' && *text <= '9' && !*end && *value <= max;
    }
    free(text);
    return good;
}

bool key_write(struct device *d, const char *key, const char *format, ...)
{
    char path[160], text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    snprintf(path, sizeof(path), "%s/%s", d->back, key);
    return store_write(path, text);
}

/* ---- the domains ---- */

static bool dying;

int hv_domains(unsigned first, struct hv_domain *out, unsigned max)
{
    (void)max;
    if (first > 3)
        return 0;
    out[0] = (struct hv_domain){.id = 3, .dying = dying};
    return 1;
}

/* ---- the kind ---- */

static unsigned opened, connected;
static int open_error, connect_error;
static bool slow, taken_over;
static struct device *last;

static int toy_open(struct device *d)
{
    cr_assert_eq(d->phase, DEVICE_FOUND);
    last = d;
    taken_over = d->takeover;
    opened += !open_error;
    return open_error;
}

static int toy_connect(struct device *d)
{
    cr_assert_eq(d->phase, DEVICE_WAITING);
    if (connect_error)
        device_fail(d, connect_error, "it does not want to");
    connected += !connect_error;
    return connect_error;
}

static void toy_disconnect(struct device *d)
{
    cr_assert_eq(d->phase, DEVICE_LEAVING);
    connected--;
    if (!slow)
        device_settled(d);
}

static void toy_close(struct device *d)
{
    cr_assert_neq(d->phase, DEVICE_LEAVING);
    opened--;
}

static unsigned changes;

static void toy_changed(struct device *d, const char *key)
{
    cr_assert(d && (!key || !strcmp(key, "size")));
    changes++;
}

static const char *const keys[] = {"size", NULL};
static const struct kind toy = {"toy", keys, NULL, toy_open, toy_connect, toy_disconnect, toy_close, toy_changed, NULL, NULL};
static const struct kind *const kinds[] = {&toy, NULL};

static void turns(void)
{
    for (unsigned i = 0; i < 20 && xenbus_round() == 0; i++)
        ;
}

static void front(const char *state)
{
    put(FRONT "/state", state);
    xenbus_event(FRONT "/state", "toy/3/7");
    turns();
}

static void back(const char *key, const char *value)
{
    char path[128];

    snprintf(path, sizeof(path), BACK "/%s", key);
    put(path, value);
    xenbus_event(path, "toy");
    turns();
}

static void state_is(const char *wanted)
{
    char *state = store_read(BACK "/state");

    cr_assert_str_eq(state ? state : "(none)", wanted);
    free(state);
}

static void device(const char *state)
{
    put(BACK "/frontend", FRONT);
    put(BACK "/frontend-id", "3");
    put(BACK "/online", "1");
    back("state", state);
}

static void setup(void)
{
    xenbus_kinds(kinds);
    put(FRONT "/state", "1");
}

TestSuite(backend_xenbus, .init = setup);

static void connect_it(void)
{
    device("1");
    state_is("2");
    front("3");
    state_is("4");
    front("4");
    cr_assert(opened == 1 && connected == 1);
}

Test(backend_xenbus, a_device_is_opened_connected_closed_and_opened_again)
{
    connect_it();
    front("5");
    state_is("5");
    cr_assert_eq(connected, 1, "it may be in use until the front end lets it go");
    front("6");
    state_is("6");
    cr_assert(opened == 0 && connected == 0);
    front("1");
    state_is("2");
    front("3");
    state_is("4");
}

Test(backend_xenbus, a_front_end_that_begins_anew_is_connected_anew)
{
    connect_it();
    front("1");
    state_is("2");
    cr_assert_eq(connected, 0);
    front("4");
    cr_assert_eq(connected, 1);
    front("3");
    state_is("4");
    cr_assert(opened == 1 && connected == 1);
}

Test(backend_xenbus, states_that_are_none_close_it_and_nothing_more)
{
    static const char *const states[] = {"", "x", "-1", "9", "99999999999999999999", "4 ", "0", "7", "8", "4\n"};

    for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        device("1");
        front("1");
        front("4");
        cr_assert_eq(connected, 1, "%u", i);
        front(states[i]);
        cr_assert(opened == 0 && connected == 0, "%s", states[i]);
        state_is("6");
    }
}

Test(backend_xenbus, any_row_of_states_leaves_it_usable)
{
    srand(1);
    device("1");
    for (unsigned i = 0; i < 20000; i++) {
        char state[2] = {(char)('0' + rand() % 10), 0};

        slow = rand() % 4 == 0;
        put(FRONT "/state", state);
        xenbus_event(FRONT "/state", "toy/3/7");
        if (rand() % 2)
            xenbus_round();
        if (last && last->phase == DEVICE_LEAVING && rand() % 2)
            device_settled(last);
        cr_assert(connected <= opened && opened <= 1);
    }
    slow = false;
    if (last->phase == DEVICE_LEAVING)
        device_settled(last);
    front("6");
    front("1");
    state_is("2");
    front("3");
    state_is("4");
}

Test(backend_xenbus, the_toolstack_takes_it_away_when_the_front_end_has_let_it_go)
{
    connect_it();
    put(BACK "/online", "0");
    back("state", "5");
    state_is("5");
    cr_assert_eq(connected, 1);
    front("6");
    state_is("6");
    cr_assert(opened == 0 && connected == 0);
    front("1");
    state_is("6");
}

Test(backend_xenbus, one_that_nobody_uses_is_taken_away_at_once)
{
    device("1");
    put(BACK "/online", "0");
    back("state", "5");
    state_is("6");
    cr_assert_eq(opened, 0);
}

Test(backend_xenbus, a_folder_that_is_removed_ends_all_at_once)
{
    connect_it();
    store_remove(BACK);
    xenbus_event("/local/domain/0/backend/toy/3", "toy");
    turns();
    cr_assert(opened == 0 && connected == 0);
    state_is("(none)");
}

Test(backend_xenbus, a_folder_that_is_made_anew_is_another_device)
{
    connect_it();
    store_remove(BACK);
    put(FRONT "/state", "1");
    device("1");
    state_is("2");
    cr_assert(opened == 1 && connected == 0);
}

Test(backend_xenbus, a_guest_that_dies_is_let_go)
{
    connect_it();
    dying = true;
    xenbus_event("@releaseDomain", "released");
    for (unsigned i = 0; i < 200000 && connected; i++)
        xenbus_round();
    cr_assert(opened == 0 && connected == 0);
    state_is("6");
}

Test(backend_xenbus, what_takes_time_to_settle_gets_no_other_call_meanwhile)
{
    connect_it();
    slow = true;
    front("6");
    state_is("4");
    front("1");
    front("3");
    device_kill(last, "an index");
    store_remove(BACK);
    xenbus_event("/local/domain/0/backend/toy/3/7", "toy");
    turns();
    device_kill(last, "an index");
    cr_assert(opened == 1 && connected == 0);
    slow = false;
    device_settled(last);
    turns();
    cr_assert_eq(opened, 0);
}

Test(backend_xenbus, one_that_was_connected_is_taken_over)
{
    put(FRONT "/state", "4");
    device("4");
    cr_assert(taken_over && connected == 1);
    state_is("4");
}

Test(backend_xenbus, one_that_cannot_be_taken_over_is_closed)
{
    connect_error = EBADMSG;
    put(FRONT "/state", "4");
    device("4");
    cr_assert(taken_over && connected == 0 && opened == 0);
    state_is("6");
    front("4");
    state_is("6");
}

Test(backend_xenbus, what_cannot_be_opened_says_so_and_is_tried_again_for_a_reason)
{
    char *why;

    open_error = ENOENT;
    device("1");
    state_is("6");
    open_error = 0;
    front("1");
    state_is("6");
    back("size", "1");
    state_is("2");
    connect_error = EINVAL;
    front("3");
    state_is("6");
    why = store_read(BACK "/hotplug-error");
    cr_assert(why && strstr(why, "it does not want to"));
    free(why);
    why = store_read("/local/domain/0/error/backend/toy/3/7/error");
    cr_assert(why);
    free(why);
    connect_error = 0;
    front("1");
    state_is("2");
    front("3");
    state_is("4");
}

Test(backend_xenbus, what_a_guest_did_that_cannot_be_ends_its_connection)
{
    connect_it();
    device_kill(last, "an index");
    turns();
    state_is("6");
    cr_assert(opened == 0 && connected == 0);
    front("4");
    state_is("6");
    front("6");
    front("1");
    state_is("2");
}

Test(backend_xenbus, a_key_that_matters_is_told_and_others_are_not)
{
    connect_it();
    back("size", "1");
    back("other", "1");
    cr_assert_eq(changes, 1);
    xenbus_reread();
    cr_assert_eq(changes, 2);
}

Test(backend_xenbus, a_front_end_of_another_domain_is_not_believed)
{
    put(BACK "/frontend", "/local/domain/4/device/toy/7");
    put(BACK "/frontend-id", "4");
    back("state", "1");
    state_is("1");
    cr_assert_eq(opened, 0);
}
