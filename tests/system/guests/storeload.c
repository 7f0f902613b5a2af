/* SPDX-License-Identifier: MIT */
/*
 * A guest that uses the store as drivers do, and counts what is wrong: writes and reads back, transactions, a watch. Whatever the
 * daemon does meanwhile (it is restarted, others flood it), no answer may be wrong. `data/n` says how far it is; it ends when
 * `data/stop` is there.
 */
#include "pvguest.h"

static struct store_watch watch;
static unsigned long rounds, bad;
static uint64_t worst;

static void wrong(const char *what, long value)
{
    if (bad++ < 10)
        printf("BAD storeload: %s: %ld in round %lu\n", what, value, rounds);
}

/* A daemon that begins anew forgets transactions: that is said, and no fault. */
static void transaction(void)
{
    long rc;
    uint32_t tx;

    do {
        rc = store_tx_start(&tx);
        if (!rc)
            rc = store_printf(tx, "data/tx", "%lu", rounds);
        if (!rc)
            rc = store_tx_end(tx, true);
    } while (rc == -XEN_EAGAIN || rc == -XEN_ENOENT);
    if (rc)
        wrong("transaction", rc);
    else if (store_number_or("data/tx", 0) != rounds)
        wrong("what a transaction wrote", (long)store_number_or("data/tx", 0));
}

static void one_round(void)
{
    uint64_t begin = time_ns(), n;
    long rc = store_printf(STORE_NO_TX, "data/n", "%lu", rounds);

    if (rc)
        wrong("write", rc);
    rc = store_read_number(STORE_NO_TX, "data/n", &n);
    if (rc || n != rounds)
        wrong("read", rc ? rc : (long)n);
    if (rounds % 8 == 3)
        transaction();
    if (rounds % 8 == 5) {
        rc = store_printf(STORE_NO_TX, "data/w/x", "%lu", rounds);
        if (rc || !store_watch_wait(&watch, time_ns() + 20 * NS_PER_SEC))
            wrong("watch", rc);
    }
    if (time_ns() - begin > worst)
        worst = time_ns() - begin;
}

int main(void)
{
    long rc = store_watch(&watch, "data/w");

    if (rc || !store_watch_wait(&watch, time_ns() + 20 * NS_PER_SEC))
        wrong("first event", rc);
    for (rounds = 1; store_number_or("data/stop", 0) != 1; rounds++)
        one_round();
    printf("storeload: %lu rounds, %lu bad, the longest %lu ms\n", rounds, bad, (unsigned long)(worst / NS_PER_MS));
    return bad != 0;
}
