/* SPDX-License-Identifier: MIT */
/* The store client against a store daemon: every operation, errors, conflicts, watches, a new connection. */
#include "pvguest.h"

static unsigned int good, bad;

static void check(bool ok, const char *what, long value)
{
    if (ok)
        good++;
    else
        bad++, printf("BAD %s: %ld\n", what, value);
}

#define EQ(call, wanted)                                                                           \
    do {                                                                                           \
        long got_ = (call);                                                                        \
        check(got_ == (wanted), #call, got_);                                                      \
    } while (0)

static char big[STORE_VALUE_MAX];

static void values(void)
{
    char text[64];
    uint64_t number = 0;

    EQ(store_read_number(STORE_NO_TX, "domid", &number), 0);
    printf("domain %lu\n", number);
    EQ(store_write(STORE_NO_TX, "data/a", "one\0two", 7), 0);
    EQ(store_read(STORE_NO_TX, "data/a", text, sizeof(text)), 7);
    EQ(memcmp(text, "one\0two", 8), 0);
    EQ(store_read(STORE_NO_TX, "data/a", text, 7), -XEN_E2BIG);
    EQ(store_read(STORE_NO_TX, "data/none", text, sizeof(text)), -XEN_ENOENT);
    EQ(store_write(STORE_NO_TX, "/local/domain/0/mine", "x", 1), -XEN_EACCES);
    EQ(store_read(STORE_NO_TX, "data//a", text, sizeof(text)), -XEN_EINVAL);
    EQ(store_read_number(STORE_NO_TX, "data/a", &number), -XEN_EINVAL);
    EQ(store_printf(STORE_NO_TX, "data/n", "%u", 4711), 0);
    EQ(store_number_or("data/n", 1), 4711);
    EQ(store_number_or("data/none", 1), 1);
    memset(big, 'x', sizeof(big));
    EQ(store_write(STORE_NO_TX, "data/big", big, 1900), 0);
    memset(big, 0, sizeof(big));
    EQ(store_read(STORE_NO_TX, "data/big", big, sizeof(big)), 1900);
    check(big[0] == 'x' && big[1899] == 'x' && !big[1900], "a value longer than the ring", 0);
    EQ(store_write(STORE_NO_TX, "data/big", big, sizeof(big)), -XEN_E2BIG);
    EQ(store_rm(STORE_NO_TX, "data/big"), 0);
    EQ(store_mkdir(STORE_NO_TX, "data/d"), 0);
    EQ(store_directory(STORE_NO_TX, "data/d", text, sizeof(text)), 0);
    EQ(store_write(STORE_NO_TX, "data/d/x", "", 0), 0);
    EQ(store_write(STORE_NO_TX, "data/d/yz", "", 0), 0);
    EQ(store_directory(STORE_NO_TX, "data/d", text, sizeof(text)), 5);
}

static void transactions(void)
{
    uint32_t a, b;

    EQ(store_tx_start(&a), 0);
    EQ(store_printf(a, "data/t", "1"), 0);
    EQ((long)store_number_or("data/t", 0), 0);
    EQ(store_tx_end(a, true), 0);
    EQ((long)store_number_or("data/t", 0), 1);
    EQ(store_tx_start(&a), 0);
    EQ(store_tx_start(&b), 0);
    EQ(store_printf(a, "data/t", "2"), 0);
    EQ(store_printf(b, "data/t", "3"), 0);
    EQ(store_tx_end(a, true), 0);
    EQ(store_tx_end(b, true), -XEN_EAGAIN);
    EQ(store_tx_end(b, true), -XEN_ENOENT);
    EQ(store_tx_start(&a), 0);
    EQ(store_printf(a, "data/t", "4"), 0);
    EQ(store_tx_end(a, false), 0);
    EQ((long)store_number_or("data/t", 0), 2);
}

static struct store_watch watch, other;
static int seen;

static void watcher(void *arg)
{
    (void)arg;
    while (seen < 3 && store_watch_wait(&watch, time_ns() + 20 * NS_PER_SEC))
        seen++;
}

static bool saw(void *arg)
{
    return seen >= (int)(long)arg;
}

static void watches(void)
{
    struct thread *t;

    EQ(store_watch(&watch, "data/w"), 0);
    EQ(store_watch(&other, "data/elsewhere"), 0);
    t = thread_create(watcher, NULL);
    for (long i = 1; i <= 3; i++) {
        EQ(thread_wait(saw, (void *)i, time_ns() + 20 * NS_PER_SEC), true);
        EQ(store_printf(STORE_NO_TX, "data/w/below", "%ld", i), 0);
    }
    thread_join(t);
    EQ(store_watch_take(&other), true);
    EQ(store_watch_wait(&other, time_ns() + 20 * NS_PER_MS), false);
    store_unwatch(&other);
    EQ(store_printf(STORE_NO_TX, "data/elsewhere", "x"), 0);
    EQ(store_watch_wait(&other, time_ns() + 20 * NS_PER_MS), false);
}

static void worker(void *arg)
{
    char path[32], text[32];

    for (int i = 0; i < 20; i++) {
        snprintf(path, sizeof(path), "data/worker%ld", (long)arg);
        EQ(store_printf(STORE_NO_TX, path, "%ld-%d", (long)arg, i), 0);
        EQ(store_read(STORE_NO_TX, path, text, sizeof(text)) > 0, true);
        EQ(strtoul(text, NULL, 10) == (unsigned long)arg, true);
    }
}

static void many_threads(void)
{
    struct thread *t[4];

    for (long i = 0; i < 4; i++)
        t[i] = thread_create(worker, (void *)i);
    for (int i = 0; i < 4; i++)
        thread_join(t[i]);
}

/* Xen 4.17's xenstored does not know it: then the store is dead, and says so. */
static void new_connection(void)
{
    uint32_t tx;
    long rc;

    EQ(store_tx_start(&tx), 0);
    watch.fired = false;
    rc = store_reconnect();
    printf("reconnect: %ld\n", rc);
    if (rc) {
        EQ(store_printf(STORE_NO_TX, "data/after", "1"), -XEN_EIO);
        return;
    }
    EQ(store_printf(tx, "data/t", "5"), -XEN_ENOENT);
    EQ(store_watch_take(&watch), true);
    EQ(store_printf(STORE_NO_TX, "data/w", "again"), 0);
    EQ(store_watch_wait(&watch, time_ns() + 20 * NS_PER_SEC), true);
}

int main(void)
{
    values();
    transactions();
    watches();
    many_threads();
    new_connection();
    printf("store client: %u good, %u bad\n", good, bad);
    return bad != 0;
}
