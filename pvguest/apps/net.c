/* SPDX-License-Identifier: MIT */
/*
 * A guest on the network. Words of its command line:
 *   ip=A.B.C.D/N gw=A.B.C.D    its address; without ip it is what the back end has for it, else it asks by DHCP
 *   for=SECONDS                serves for so long (default: for ever): ping, TCP echo (7), discard (9), chargen (19)
 *   echo=A.B.C.D mib=N         before that: sends N MiB to an echo server and compares what comes back
 *   put=A.B.C.D mib=N          before that: sends N MiB to a discard server
 * It prints what went through it, and ends with 0 if the transfers went well.
 */
#include "lwipport.h"
#include "pvguest.h"
#include "xenbus.h"

#define TIMEOUT (60 * NS_PER_SEC)

/* The text behind `word=` up to a space or the end; NULL: it is not there. */
static const char *option(const char *word, char *out, size_t size)
{
    const char *at = (const char *)start_info->cmd_line;
    size_t n = strlen(word), length = 0;

    for (; (at = strstr(at, word)); at += n) {
        if ((at != (const char *)start_info->cmd_line && at[-1] != ' ') || at[n] != '=')
            continue;
        for (at += n + 1; at[length] && at[length] != ' ' && length < size - 1; length++)
            out[length] = at[length];
        out[length] = 0;
        return out;
    }
    return NULL;
}

static uint8_t pattern(uint64_t at)
{
    return (uint8_t)((at * 0x9e3779b97f4a7c15ull) >> 56);
}

/* ---- The servers ---- */

struct server {
    const char *name;
    uint16_t port;
    bool echoes, sends;
    uint64_t received, sent;
    unsigned int connections;
};

static struct server servers[] = {
    {.name = "echo", .port = 7, .echoes = true},
    {.name = "discard", .port = 9},
    {.name = "chargen", .port = 19, .sends = true},
};

/* One connection: what it got and cannot send back yet. */
struct connection {
    struct server *server;
    struct pbuf *waiting;
    uint64_t sent;
    bool ends; /* the other side has said all */
};

static struct connection connections[32];

/* Data that still comes is lwIP's affair then. ERR_ABRT: the connection's memory is gone. */
static err_t leave(struct tcp_pcb *pcb, struct connection *c)
{
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
    tcp_err(pcb, NULL);
    if (c->waiting)
        pbuf_free(c->waiting);
    *c = (struct connection){0};
    if (tcp_close(pcb) == ERR_OK)
        return ERR_OK;
    tcp_abort(pcb);
    return ERR_ABRT;
}

/* False: the send buffer is full. */
static bool echo_some(struct tcp_pcb *pcb, struct connection *c)
{
    while (c->waiting) {
        struct pbuf *p = c->waiting;
        uint16_t n = p->len;

        if (n > tcp_sndbuf(pcb) || tcp_write(pcb, p->payload, n, TCP_WRITE_FLAG_COPY) != ERR_OK)
            return false;
        c->server->sent += n;
        c->waiting = p->next;
        if (p->next)
            pbuf_ref(p->next);
        pbuf_free(p);
        tcp_recved(pcb, n);
    }
    return true;
}

static void chargen_some(struct tcp_pcb *pcb, struct connection *c)
{
    static uint8_t data[4096];

    while (tcp_sndbuf(pcb) >= sizeof(data)) {
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = pattern(c->sent + i);
        if (tcp_write(pcb, data, sizeof(data), TCP_WRITE_FLAG_COPY) != ERR_OK)
            return;
        c->sent += sizeof(data);
        c->server->sent += sizeof(data);
    }
}

static err_t serve(void *arg, struct tcp_pcb *pcb)
{
    struct connection *c = arg;

    if (c->server->sends && !c->ends)
        chargen_some(pcb, c);
    if (echo_some(pcb, c) && c->ends)
        return leave(pcb, c);
    tcp_output(pcb);
    return ERR_OK;
}

static err_t got_room(void *arg, struct tcp_pcb *pcb, u16_t length)
{
    (void)length;
    return arg ? serve(arg, pcb) : ERR_OK;
}

static err_t got_data(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    struct connection *c = arg;

    (void)error;
    if (!p) { /* The other side has said all. */
        c->ends = true;
        return serve(c, pcb);
    }
    c->server->received += p->tot_len;
    if (!c->server->echoes) {
        tcp_recved(pcb, p->tot_len);
        pbuf_free(p);
        return ERR_OK;
    }
    if (c->waiting)
        pbuf_cat(c->waiting, p);
    else
        c->waiting = p;
    return serve(c, pcb);
}

/* The connection's memory is gone already. */
static void broke(void *arg, err_t error)
{
    struct connection *c = arg;

    (void)error;
    if (!c)
        return;
    if (c->waiting)
        pbuf_free(c->waiting);
    *c = (struct connection){0};
}

static err_t accepted(void *arg, struct tcp_pcb *pcb, err_t error)
{
    struct connection *c = connections;

    if (error != ERR_OK || !pcb)
        return ERR_VAL;
    while (c->server && c < connections + 31)
        c++;
    if (c->server)
        return ERR_MEM;
    c->server = arg;
    c->server->connections++;
    tcp_arg(pcb, c);
    tcp_recv(pcb, got_data);
    tcp_sent(pcb, got_room);
    tcp_poll(pcb, serve, 2);
    tcp_err(pcb, broke);
    lwip_port_large_segments(pcb);
    return serve(c, pcb);
}

static void start_servers(void)
{
    for (unsigned int i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
        struct tcp_pcb *pcb = tcp_new();

        ASSERT(pcb && tcp_bind(pcb, IP_ADDR_ANY, servers[i].port) == ERR_OK);
        pcb = tcp_listen(pcb);
        ASSERT(pcb);
        tcp_arg(pcb, &servers[i]);
        tcp_accept(pcb, accepted);
    }
}

/* ---- The client ---- */

static struct client {
    uint64_t total, sent, back;
    bool compares, connected, done;
    const char *error;
} client;

static bool client_done(void *arg)
{
    (void)arg;
    return client.done || client.error;
}

static err_t client_send(void *arg, struct tcp_pcb *pcb)
{
    static uint8_t data[8192];

    (void)arg;
    while (client.connected && client.sent < client.total && tcp_sndbuf(pcb) >= sizeof(data)) {
        for (size_t i = 0; i < sizeof(data); i++)
            data[i] = pattern(client.sent + i);
        if (tcp_write(pcb, data, sizeof(data), TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        client.sent += sizeof(data);
        if (client.sent == client.total)
            tcp_shutdown(pcb, 0, 1);
    }
    tcp_output(pcb);
    return ERR_OK;
}

static err_t client_room(void *arg, struct tcp_pcb *pcb, u16_t length)
{
    (void)length;
    return client_send(arg, pcb);
}

static err_t client_data(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    (void)arg;
    (void)error;
    if (!p) {
        client.done = true;
        return ERR_OK;
    }
    for (struct pbuf *q = p; q && client.compares; q = q->next) {
        const uint8_t *data = q->payload;

        for (unsigned int i = 0; i < q->len && !client.error; i++)
            if (data[i] != pattern(client.back++))
                client.error = "other data came back";
    }
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t client_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    (void)error;
    client.connected = true;
    lwip_port_large_segments(pcb);
    return client_send(arg, pcb);
}

static void client_broke(void *arg, err_t error)
{
    (void)arg;
    (void)error;
    client.error = "the connection broke";
}

static bool transfer(const char *to, uint16_t port, unsigned long mib, bool compares)
{
    struct tcp_pcb *pcb = tcp_new();
    uint64_t begin = time_ns(), ms;
    ip_addr_t address;

    ASSERT(pcb);
    if (!ip4addr_aton(to, &address)) {
        printf("net: %s is no address\n", to);
        return false;
    }
    client = (struct client){.total = mib << 20, .compares = compares};
    tcp_recv(pcb, client_data);
    tcp_sent(pcb, client_room);
    tcp_poll(pcb, client_send, 2);
    tcp_err(pcb, client_broke);
    if (tcp_connect(pcb, &address, port, client_connected) != ERR_OK)
        client.error = "it cannot connect";
    lwip_port_wait(client_done, NULL, time_ns() + 2 * TIMEOUT);
    ms = (time_ns() - begin) / NS_PER_MS + 1;
    if (!client.done && !client.error)
        client.error = "it takes too long";
    if (!client.error && compares && client.back != client.total)
        client.error = "not all came back";
    printf("net: %lu MiB to %s:%u: %s, %lu kB/s\n", mib, to, port,
           client.error ? client.error : "good", client.sent / ms);
    if (client.done)
        tcp_close(pcb);
    return !client.error;
}

/* ---- All of it ---- */

static bool never(void *arg)
{
    (void)arg;
    return false;
}

static void report(struct net *net)
{
    struct net_count c = net_counts(net);

    for (unsigned int i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
        printf("net: %s: %u connections, %lu bytes in, %lu bytes out\n", servers[i].name,
               servers[i].connections, servers[i].received, servers[i].sent);
    printf("net: %lu frames (%lu bytes) out, %lu frames (%lu bytes) in, %lu dropped\n", c.sent,
           c.sent_bytes, c.received, c.received_bytes, c.dropped);
}

static bool start_lwip(struct net *net)
{
    char address[32], gateway[32];
    const char *ip = option("ip", address, sizeof(address));
    const char *gw = option("gw", gateway, sizeof(gateway));

    if (!ip && net_back_key(net, "ip", address, sizeof(address))) {
        ip = address;
        gw = net_back_key(net, "gateway", gateway, sizeof(gateway)) ? gateway : NULL;
    }
    return lwip_port_start(net, ip, gw);
}

static bool run(struct net *net)
{
    char text[32], to[32];
    unsigned long mib = option("mib", text, sizeof(text)) ? strtoul(text, NULL, 10) : 1;
    bool good = true;

    if (!start_lwip(net)) {
        printf("net: the address is none\n");
        return false;
    }
    if (!lwip_port_wait(lwip_port_has_address, NULL, time_ns() + TIMEOUT)) {
        printf("net: no address by DHCP\n");
        return false;
    }
    printf("net: address %s\n", ip4addr_ntoa(netif_ip4_addr(lwip_port_netif())));
    start_servers();
    if (option("echo", to, sizeof(to)))
        good = transfer(to, 7, mib, true);
    if (good && option("put", to, sizeof(to)))
        good = transfer(to, 9, mib, false);
    if (good)
        lwip_port_wait(never, NULL,
                       option("for", text, sizeof(text))
                           ? time_ns() + strtoul(text, NULL, 10) * NS_PER_SEC
                           : 0);
    if (net_gone(net))
        printf("net: gone\n");
    report(net);
    return good;
}

int main(void)
{
    struct net *net = net_open(0, time_ns() + TIMEOUT);
    char ways[96];
    bool good;

    if (!net) {
        printf("net: there is none\n");
        return 1;
    }
    net_describe(net, ways, sizeof(ways));
    printf("net %u: %s\n", net_id(net), ways);
    good = run(net);
    if (!xenbus_shutdown(time_ns() + TIMEOUT))
        printf("net: a back end does not close\n");
    printf("net: end: %s\n", good ? "good" : "bad");
    return !good;
}
