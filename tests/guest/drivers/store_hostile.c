/* SPDX-License-Identifier: MIT */
/*
 * A store daemon that breaks the protocol in each way there is: the client begins a new connection and asks again, and
 * after too many of them the store is dead, not the guest.
 */
#include "fakestore.h"
#include "harness.h"

static int trick, played;

static void answer(uint32_t type, uint32_t id, uint32_t length, const char *text)
{
    struct xsd_sockmsg a = {.type = type, .req_id = id, .len = length};

    fake_put(&a, sizeof(a));
    fake_put(text, strlen(text) + 1);
    fake_ring_notify();
}

/* Spoils the first attempt of each request. */
static bool spoil(const struct xsd_sockmsg *head)
{
    if (!trick || head->type != XS_READ)
        return false;
    played = trick;
    trick = 0;
    switch (played) {
    case 1: answer(XS_READ, head->req_id + 1, 2, "x"); break;
    case 2: answer(XS_WRITE, head->req_id, 2, "x"); break;
    case 3: answer(XS_READ, head->req_id, XENSTORE_PAYLOAD_MAX + 1, "x"); break;
    case 4: answer(XS_READ, head->req_id, ~0u, "x"); break;
    case 5:
        fake_ring->rsp_prod += XENSTORE_RING_SIZE + 1;
        fake_ring_notify();
        break;
    case 6:
        fake_ring->req_cons += 1;
        answer(XS_WATCH_EVENT, 0, 2, "x");
        fake_ring->rsp_prod -= 1000;
        fake_ring_notify();
        break;
    case 7: /* Events that are none are only ignored. */
        answer(XS_WATCH_EVENT, 0, 0, "");
        fake_ring->rsp_prod -= 1;
        answer(XS_WATCH_EVENT, 7, 2, "x");
        answer(XS_WATCH_EVENT, 7, 5, "x\0999");
        fake_ring->rsp_prod += 3;
        return false;
    case 8: /* It begins anew without having been asked. */
        fake_ring->req_prod = fake_ring->req_cons = fake_ring->rsp_prod = fake_ring->rsp_cons = 0;
        fake_ring_notify();
        break;
    case 9:
        fake_ring->error = XENSTORE_ERROR_PROTO;
        fake_ring_notify();
        break;
    default: return false;
    }
    return true;
}

TEST("hostile_store_kills_itself",
     "what breaks the store's protocol ends the connection, and nothing else")
{
    static struct store_watch watch;
    char text[16];

    fake_store_start();
    fake_store_hook = spoil;
    fake_set("key", "value");
    CHECK_RC(store_watch(&watch, "key"), 0);
    for (int i = 1; i <= 9; i++) {
        CHECK_EQ(store_watch_wait(&watch, time_ns() + DEADLINE_NS) || i == 8, true);
        trick = i;
        CHECK_RC(store_read(STORE_NO_TX, "key", text, sizeof(text)), 5);
        CHECK(played == i && !strcmp(text, "value"), "trick %d", i);
        fake_set("key", "value");
    }
    /* From now on every read is spoilt: the client gives up. */
    for (int i = 0; i < 40 && store_there(); i++) {
        trick = 1;
        store_read(STORE_NO_TX, "key", text, sizeof(text));
    }
    CHECK_RC(store_read(STORE_NO_TX, "key", text, sizeof(text)), -XEN_EIO);
    CHECK_EQ(store_there(), false);
}
