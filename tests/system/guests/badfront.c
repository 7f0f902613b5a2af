/* SPDX-License-Identifier: MIT */
/*
 * A guest that is nothing but hostile front ends, for a disk (word `vbd=ID`) or a card (`vif=ID`): one connection for
 * each trick, as long as the back end offers new ones. Another vCPU, if there is one, rewrites the ring meanwhile.
 * What happens to this guest does not matter; the test looks at the others.
 */
#include "pvguest.h"

#include <xen/io/blkif.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#define OPEN_NS (2 * NS_PER_SEC)
#define TRICK_NS (100 * NS_PER_MS)

static const char *kind;
static unsigned long id;
static char back[STORE_PATH_MAX];
static uint64_t back_dom;
static char *ring, *ring2, *data;
static grant_ref_t ring_ref, ring2_ref, data_ref, ro_ref;
static evtchn_port_t port;

/* ---- The store ---- */

static const char *front(const char *key)
{
    static char path[STORE_PATH_MAX];

    snprintf(path, sizeof(path), "device/%s/%lu/%s", kind, id, key);
    return path;
}

static uint64_t back_state(void)
{
    char path[STORE_PATH_MAX];

    snprintf(path, sizeof(path), "%s/state", back);
    return store_number_or(path, 0);
}

static void set(const char *key, const char *value)
{
    store_write(STORE_NO_TX, front(key), value, strlen(value));
}

static void set_number(const char *key, uint64_t value)
{
    store_printf(STORE_NO_TX, front(key), "%lu", value);
}

/* One of the states in the set of bits. */
static bool await_back(unsigned int states, uint64_t ns)
{
    uint64_t end = time_ns() + ns;

    while (!(states & (1u << (back_state() & 31)))) {
        if (time_ns() > end)
            return false;
        thread_sleep_until(time_ns() + 5 * NS_PER_MS);
    }
    return true;
}

/* ---- Junk ---- */

static uint64_t random(void)
{
    static uint64_t x = 88172645463325252ull;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static volatile bool rewriting;

/* On the other vCPU: each word becomes something and again what it was. */
static void rewrite(void *unused)
{
    volatile uint32_t *words = (volatile uint32_t *)ring;
    uint32_t i = 0;

    (void)unused;
    while (rewriting) {
        uint32_t at = (i * 7919) % 1024, old = words[at];

        words[at] = i % 3 ? i * 2654435761u : data_ref;
        cpu_relax();
        words[at] = old;
        i++;
    }
}

static void kick(void)
{
    evtchn_send(port);
}

static void busy(uint64_t ns)
{
    uint64_t end = time_ns() + ns;

    while (time_ns() < end) {
        kick();
        thread_sleep_until(time_ns() + 10 * NS_PER_MS);
    }
}

/* ---- Disks ---- */

static struct blkif_request *disk_request(unsigned int i)
{
    return (struct blkif_request *)(ring + 64 + i % 32 * sizeof(union blkif_sring_entry));
}

static void disk_push(unsigned int n)
{
    barrier();
    ((struct blkif_sring *)ring)->req_prod += n;
    kick();
}

static void good_requests(unsigned int n, uint8_t op)
{
    for (unsigned int i = 0; i < n; i++)
        *disk_request(i) = (struct blkif_request){.operation = op,
                                                  .nr_segments = 1,
                                                  .id = i,
                                                  .seg = {{.gref = data_ref, .last_sect = 7}}};
}

static void indirect_requests(unsigned int n, uint8_t op, uint16_t segments, grant_ref_t page)
{
    for (unsigned int i = 0; i < n; i++) {
        struct blkif_request_indirect *q = (struct blkif_request_indirect *)disk_request(i);

        *q = (struct blkif_request_indirect){
            .operation = BLKIF_OP_INDIRECT, .indirect_op = op, .nr_segments = segments, .id = i};
        for (unsigned int j = 0; j < 8; j++)
            q->indirect_grefs[j] = page;
    }
}

/* False: there is no such trick. */
static bool disk_trick(unsigned int trick)
{
    struct blkif_sring *s = (struct blkif_sring *)ring;

    good_requests(32, BLKIF_OP_READ);
    switch (trick) {
    case 0: /* Indices. */ s->req_prod = 1000000; break;
    case 1: s->req_prod = ~0u; break;
    case 2:
        s->rsp_prod = 5000;
        s->req_prod = 33;
        break;
    case 3: /* Grants that are none, and one for reading only. */
        for (unsigned int i = 0; i < 32; i++)
            disk_request(i)->seg[0].gref = (uint32_t[]){2, 7, 77777, ~0u, ro_ref, ring_ref}[i % 6];
        disk_push(32);
        break;
    case 4: /* Sectors. */
        for (unsigned int i = 0; i < 32; i++)
            disk_request(i)->sector_number =
                (uint64_t[]){~0ull, 1ull << 63, 1ull << 55, ~0ull / 512}[i % 4];
        disk_push(32);
        break;
    case 5:
        for (unsigned int i = 0; i < 32; i++) {
            disk_request(i)->seg[0].first_sect = (uint8_t)(i % 2 ? 7 : 0);
            disk_request(i)->seg[0].last_sect = (uint8_t)(i % 2 ? 0 : 255);
        }
        disk_push(32);
        break;
    case 6:
        for (unsigned int i = 0; i < 32; i++)
            disk_request(i)->nr_segments = (uint8_t)(i % 2 ? 0 : 255);
        disk_push(32);
        break;
    case 7:
        for (unsigned int i = 0; i < 32; i++)
            disk_request(i)->operation = (uint8_t)(i * 8 + 4);
        disk_push(32);
        break;
    case 8: /* A read over the very page that says where to read to. */
        for (unsigned int i = 0; i < 512; i++)
            ((struct blkif_request_segment *)data)[i] =
                (struct blkif_request_segment){data_ref, 0, 7};
        indirect_requests(32, BLKIF_OP_READ, 64, data_ref);
        disk_push(32);
        break;
    case 9: /* The ring as the page of segments, and as the place to read to. */
        indirect_requests(32, BLKIF_OP_READ, 64, ring_ref);
        disk_push(32);
        break;
    case 10:
        indirect_requests(32, BLKIF_OP_INDIRECT, 65535, data_ref);
        disk_push(32);
        break;
    case 11:
        indirect_requests(32, BLKIF_OP_WRITE, 65535, 99999);
        disk_push(32);
        break;
    case 12:
        for (unsigned int i = 0; i < 32; i++) {
            struct blkif_request_discard *q = (struct blkif_request_discard *)disk_request(i);

            *q = (struct blkif_request_discard){.operation = BLKIF_OP_DISCARD,
                                                .flag = 255,
                                                .sector_number = ~0ull - i,
                                                .nr_sectors = ~0ull};
        }
        disk_push(32);
        break;
    case 13: /* Anything. */
        for (unsigned int i = 0; i < 200; i++) {
            uint64_t *words = (uint64_t *)disk_request(i);

            for (unsigned int j = 0; j < sizeof(struct blkif_request) / 8; j++)
                words[j] = random();
            ((uint8_t *)words)[0] &= 7;
            disk_push(1);
        }
        break;
    case 14: /* Grants taken away while in use. */
        disk_push(32);
        grant_end(data_ref);
        busy(20 * NS_PER_MS);
        disk_push(32);
        break;
    default: return false;
    }
    return true;
}

/* ---- Cards ---- */

static void card_requests(uint16_t size, uint16_t offset, uint16_t flags, grant_ref_t gref)
{
    struct netif_tx_sring *s = (struct netif_tx_sring *)ring;

    for (unsigned int i = 0; i < 256; i++)
        s->ring[i].req = (struct netif_tx_request){
            .gref = gref, .offset = offset, .flags = flags, .id = (uint16_t)i, .size = size};
}

static void card_push(unsigned int n)
{
    barrier();
    ((struct netif_tx_sring *)ring)->req_prod += n;
    kick();
}

static void card_extras(uint8_t type, uint8_t flags, uint8_t gso_type, uint16_t gso_size)
{
    struct netif_tx_sring *s = (struct netif_tx_sring *)ring;
    struct netif_extra_info e = {
        .type = type, .flags = flags, .u.gso = {.size = gso_size, .type = gso_type}};

    card_requests(100, 0, NETTXF_extra_info, data_ref);
    for (unsigned int i = 1; i < 256; i += flags ? 1 : 2)
        memcpy(&s->ring[i], &e, sizeof(e));
}

static bool card_trick(unsigned int trick)
{
    struct netif_tx_sring *s = (struct netif_tx_sring *)ring;
    struct netif_rx_sring *r = (struct netif_rx_sring *)ring2;

    switch (trick) {
    case 0: s->req_prod = 1000000; break;
    case 1: r->req_prod = ~0u; break;
    case 2: /* A frame without an end. */
        card_requests(10, 0, NETTXF_more_data, data_ref);
        card_push(256);
        break;
    case 3:
        card_requests(65535, 4095, 0, data_ref);
        card_push(64);
        break;
    case 4:
        card_requests(0, 0, 0, data_ref);
        card_push(64);
        break;
    case 5: /* Parts that are more than the whole. */
        card_requests(1000, 0, 0, data_ref);
        for (unsigned int i = 0; i < 64; i += 2)
            s->ring[i].req.flags = NETTXF_more_data, s->ring[i].req.size = 20;
        card_push(64);
        break;
    case 6:
        card_requests(100, 0, 0, 88888);
        card_push(64);
        break;
    case 7: /* Extra information of all kinds, then without an end. */
        for (uint8_t type = 0; type < 8; type++) {
            card_extras(type, 0, type, (uint16_t)(type ? type - 1 : 65535));
            card_push(64);
            busy(10 * NS_PER_MS);
        }
        break;
    case 8:
        card_extras(XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, XEN_NETIF_GSO_TYPE_TCPV4,
                    1);
        card_push(256);
        break;
    case 9: /* Headers that say more than there is, cut into segments of one byte. */
        memset(data, 0xff, PAGE_SIZE);
        card_extras(XEN_NETIF_EXTRA_TYPE_GSO, 0, XEN_NETIF_GSO_TYPE_TCPV4, 1);
        for (unsigned int i = 0; i < 64; i += 2)
            s->ring[i].req.size = (uint16_t)(14 + i * 60),
            s->ring[i].req.flags |= NETTXF_csum_blank | NETTXF_data_validated;
        card_push(64);
        break;
    case 10: /* Nowhere to receive to. */
        for (unsigned int i = 0; i < 256; i++)
            r->ring[i].req =
                (struct netif_rx_request){.id = (uint16_t)i, .gref = i % 2 ? 99999 : ro_ref};
        r->req_prod += 256;
        break;
    case 11:
        for (unsigned int i = 0; i < 2000; i++) {
            s->ring[i % 256].req =
                (struct netif_tx_request){.gref = random() & 1 ? data_ref : (uint32_t)random(),
                                          .offset = (uint16_t)random(),
                                          .flags = (uint16_t)(random() & 15),
                                          .id = (uint16_t)random(),
                                          .size = (uint16_t)random()};
            card_push(1);
        }
        break;
    default: return false;
    }
    return true;
}

/* ---- Connections ---- */

static void publish(void)
{
    memset(ring, 0, PAGE_SIZE);
    memset(ring2, 0, PAGE_SIZE);
    ((struct blkif_sring *)ring)->rsp_event = ((struct blkif_sring *)ring2)->rsp_event = 1;
    grant_access(ring_ref, (domid_t)back_dom, va_to_mfn(ring), 0);
    grant_access(ring2_ref, (domid_t)back_dom, va_to_mfn(ring2), 0);
    grant_access(data_ref, (domid_t)back_dom, va_to_mfn(data), 0);
    grant_access(ro_ref, (domid_t)back_dom, va_to_mfn(data + PAGE_SIZE), GTF_readonly);
    port = (evtchn_port_t)MUST(evtchn_alloc_unbound(DOMID_SELF, (domid_t)back_dom));
    set_number("event-channel", port);
    if (kind[1] == 'b') {
        set_number("ring-ref", ring_ref);
        set("protocol", "x86_64-abi");
    } else {
        set_number("tx-ring-ref", ring_ref);
        set_number("rx-ring-ref", ring2_ref);
        set("request-rx-copy", "1");
        set("feature-rx-notify", "1");
        set("feature-sg", "1");
        set("feature-gso-tcpv4", "1");
    }
}

/* False: the back end offers no connection any more. */
static bool open(void)
{
    if (!await_back(1u << XenbusStateInitWait, OPEN_NS)) {
        set_number("state", XenbusStateInitialising);
        if (!await_back(1u << XenbusStateInitWait, OPEN_NS))
            return false;
    }
    publish();
    return true;
}

static void leave(void)
{
    set_number("state", XenbusStateClosing);
    set_number("state", XenbusStateClosed);
    await_back(1u << XenbusStateClosed | 1u << XenbusStateInitWait, OPEN_NS);
    evtchn_close(port);
    /* What it keeps it keeps: the next trick grants over it. */
    grant_end(ring_ref);
    grant_end(ring2_ref);
    grant_end(data_ref);
    grant_end(ro_ref);
    set_number("state", XenbusStateInitialising);
}

static void attack(unsigned int vcpus, unsigned int tricks)
{
    unsigned int opened = 0;

    for (unsigned int trick = 0; trick < tricks; trick++) {
        bool there;

        if (!open())
            break;
        set_number("state", kind[1] == 'b' ? XenbusStateInitialised : XenbusStateConnected);
        opened += await_back(1u << XenbusStateConnected, OPEN_NS);
        rewriting = vcpus > 1;
        if (rewriting)
            smp_run(1, rewrite, NULL);
        there = kind[1] == 'b' ? disk_trick(trick) : card_trick(trick);
        busy(TRICK_NS);
        if (rewriting) {
            rewriting = false;
            smp_wait(1);
        }
        printf("badfront: %s trick %u: back end's state %lu\n", kind, trick, back_state());
        leave();
        if (!there)
            break;
    }
    printf("badfront: %s: %u connections\n", kind, opened);
}

/* Keys that are no configuration, states that are none, and many changes. */
static void spoil_keys(void)
{
    static const char *const keys[] = {
        "ring-ref",       "ring-ref0",          "ring-page-order",  "event-channel",
        "protocol",       "tx-ring-ref",        "rx-ring-ref",      "multi-queue-num-queues",
        "num-ring-pages", "feature-persistent", "queue-0/ring-ref", "event-channel-tx"};
    static const char *const values[] = {
        "", "x", "-1", "0", "4294967295", "99999999999999999999", "8", "1 ", "%s%n"};

    for (unsigned int round = 0; round < 6; round++) {
        if (!open())
            break;
        for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            set(keys[i], values[(i + round) % (sizeof(values) / sizeof(values[0]))]);
        set_number("state", XenbusStateInitialised);
        set_number("state", XenbusStateConnected);
        busy(TRICK_NS);
        for (unsigned int i = 0; i < 30; i++)
            set("state", (const char *[]){"77", "-1", "", "4", "x", "3", "6",
                                          "18446744073709551616"}[i % 8]);
        for (unsigned int i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            store_rm(STORE_NO_TX, front(keys[i]));
        leave();
    }
    for (unsigned int i = 0; i < 1000; i++)
        set_number("flood", i);
    printf("badfront: %s: keys done\n", kind);
}

int main(void)
{
    const char *line = (const char *)start_info->cmd_line;
    unsigned int vcpus = smp_count();

    kind = strstr(line, "vif=") ? "vif" : "vbd";
    id = strtoul(strchr(line, '=') + 1, NULL, 0);
    if (vcpus > 1 && smp_start(1))
        vcpus = 1;
    if (store_read(STORE_NO_TX, front("backend"), back, sizeof(back)) <= 0 ||
        store_read_number(STORE_NO_TX, front("backend-id"), &back_dom)) {
        printf("badfront: no device\n");
        return 1;
    }
    ring = page_alloc();
    ring2 = page_alloc();
    data = pages_alloc(2);
    ring_ref = grant_alloc();
    ring2_ref = grant_alloc();
    data_ref = grant_alloc();
    ro_ref = grant_alloc();
    attack(vcpus, ~0u);
    spoil_keys();
    attack(1, 3);
    printf("badfront: end\n");
    return 0;
}
