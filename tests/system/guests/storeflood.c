/* SPDX-License-Identifier: MIT */
/*
 * A guest that attacks the store by its ring: messages too long, paths without an end, floods of watches, transactions and nodes, ring
 * positions that cannot be, answers that are never taken. After each it says how it went and begins anew, if the store lets it; at the end
 * it asks as fast as it can until it is destroyed.
 */
#include "pvguest.h"

#include <xen/io/xs_wire.h>

static struct xenstore_domain_interface *page;
static unsigned long errors, answers;

static void notify(void)
{
    evtchn_send(start_info->store_evtchn);
}

/* Takes all answers there are, and only counts them by the bytes. */
static void drain(void)
{
    uint32_t prod = __atomic_load_n(&page->rsp_prod, __ATOMIC_ACQUIRE);

    if (prod == page->rsp_cons)
        return;
    answers += prod - page->rsp_cons;
    __atomic_store_n(&page->rsp_cons, prod, __ATOMIC_RELEASE);
    notify();
}

/* False: the store has not taken anything for a second. */
static bool put(const void *data, size_t n, bool take)
{
    const char *from = data;
    uint64_t end = time_ns() + NS_PER_SEC;

    while (n) {
        uint32_t prod = page->req_prod, used = prod - __atomic_load_n(&page->req_cons, __ATOMIC_ACQUIRE);

        if (take)
            drain();
        if (used >= XENSTORE_RING_SIZE) {
            if (time_ns() > end)
                return false;
            notify();
            time_sleep_until(time_ns() + 100000);
            continue;
        }
        page->req[MASK_XENSTORE_IDX(prod)] = *from++;
        __atomic_store_n(&page->req_prod, prod + 1, __ATOMIC_RELEASE);
        n--;
        end = time_ns() + NS_PER_SEC;
    }
    notify();
    return true;
}

static bool ask(uint32_t type, const void *data, uint32_t n, bool take)
{
    struct xsd_sockmsg head = {.type = type, .req_id = 7, .tx_id = 0, .len = n};

    return put(&head, sizeof(head), take) && put(data, n, take);
}

static void anew(const char *what)
{
    uint64_t end = time_ns() + 2 * NS_PER_SEC;
    uint32_t error = page->error;

    errors += error != 0;
    if (page->server_features & XENSTORE_SERVER_FEATURE_RECONNECTION) {
        __atomic_store_n(&page->connection, XENSTORE_RECONNECT, __ATOMIC_RELEASE);
        notify();
        while (__atomic_load_n(&page->connection, __ATOMIC_ACQUIRE) && time_ns() < end)
            time_sleep_until(time_ns() + 1000000);
    }
    printf("flood: %s: error %u, %s\n", what, error, page->connection ? "NOT CONNECTED AGAIN" : "again");
}

static void floods(void)
{
    static char big[1900];
    char path[64];
    int n;

    bool taken = true;

    for (unsigned i = 0; i < 500 && taken; i++) {
        n = snprintf(path, sizeof(path), "data/w%u", i) + 1;
        n += snprintf(path + n, sizeof(path) - (size_t)n, "%u", i) + 1;
        taken = ask(XS_WATCH, path, (uint32_t)n, true);
    }
    anew("watches");
    for (unsigned i = 0; i < 500 && taken; i++)
        taken = ask(XS_TRANSACTION_START, "", 1, true);
    anew("transactions");
    for (unsigned i = 0; i < 1200 && taken; i++) {
        n = snprintf(big, sizeof(big), "data/flood/%u", i) + 1;
        taken = ask(XS_WRITE, big, (uint32_t)n + 500, true);
    }
    anew("nodes");
    for (unsigned i = 0; i < 2000; i++)
        if (!ask(XS_DIRECTORY, "data/flood", 11, false))
            break;
    anew("answers not taken");
}

static void nonsense(void)
{
    static char big[XENSTORE_PAYLOAD_MAX + 1];
    struct xsd_sockmsg head = {.type = XS_WRITE, .len = 0xffffffff};

    ask(XS_READ, "no end", 6, true);
    ask(XS_WRITE, "data", 4, true);
    ask(99, "x", 2, true);
    anew("no end");
    ask(XS_WRITE, big, sizeof(big), true);
    anew("a byte too long");
    put(&head, sizeof(head), true);
    anew("4 GiB");
    page->req_prod = page->req_cons + 5000;
    notify();
    time_sleep_until(time_ns() + 50000000);
    anew("positions of requests");
    page->rsp_cons = page->rsp_prod + 77;
    ask(XS_READ, "name", 5, false);
    time_sleep_until(time_ns() + 50000000);
    anew("positions of answers");
    for (unsigned i = 0; i < 1024; i++)
        page->req[i] = (char)(i * 37);
    page->req_prod = page->req_cons + 1024;
    notify();
    time_sleep_until(time_ns() + 50000000);
    anew("anything");
}

int main(void)
{
    page = pfn_to_va(mfn_to_pfn(start_info->store_mfn));
    nonsense();
    floods();
    printf("flood: all done, %lu errors; going on for ever\n", errors);
    for (;;)
        ask(XS_DIRECTORY, "/local/domain", 14, true);
}
