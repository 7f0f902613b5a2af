/* SPDX-License-Identifier: MIT */
#include "lwipport.h"

#include "pvguest.h"

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/ip4_frag.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>
#include <lwip/timeouts.h>

#define PARTS_MAX 80
#define LARGE_SEGMENTS 20u

static struct net *nic;
static struct netif netif;
static uint16_t real_mtu;

u32_t sys_now(void)
{
    return (u32_t)(time_ns() / NS_PER_MS);
}

/* For port numbers and transaction ids, not for secrets. */
unsigned int lwip_port_random(void)
{
    static uint64_t state;

    state = (state ^ rdtsc()) * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned int)(state >> 33);
}

int atoi(const char *text)
{
    return (int)strtoul(text, NULL, 10);
}

/* ---- Out ---- */

static bool has_room(void *arg)
{
    (void)arg;
    return net_room(nic);
}

/* A TCP segment, not a fragment: its checksum becomes that of the pseudo header, for the other side to go on from. */
static bool leave_checksum(struct pbuf *p, struct net_offload *o)
{
    struct eth_hdr *eth = p->payload;
    struct ip_hdr *ip = (struct ip_hdr *)(eth + 1);
    uint16_t header, length, tcp_header;
    struct tcp_hdr *tcp;
    uint32_t sum = 0;

    if (p->len < sizeof(*eth) + sizeof(*ip) + sizeof(*tcp) || eth->type != PP_HTONS(ETHTYPE_IP) ||
        IPH_PROTO(ip) != IP_PROTO_TCP || (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)))
        return false;
    header = IPH_HL_BYTES(ip);
    length = (uint16_t)(lwip_ntohs(IPH_LEN(ip)) - header);
    tcp = (struct tcp_hdr *)((char *)ip + header);
    tcp_header = (uint16_t)(TCPH_HDRLEN(tcp) * 4);
    sum = (ip->src.addr & 0xffff) + (ip->src.addr >> 16) + (ip->dest.addr & 0xffff) +
          (ip->dest.addr >> 16);
    sum += PP_HTONS(IP_PROTO_TCP) + lwip_htons(length);
    sum = (sum & 0xffff) + (sum >> 16);
    tcp->chksum = (uint16_t)((sum & 0xffff) + (sum >> 16));
    o->checksum = true;
    if (length - tcp_header > real_mtu - header - tcp_header)
        o->segment_size = (uint16_t)(real_mtu - header - tcp_header);
    return true;
}

static err_t link_output(struct netif *unused, struct pbuf *p)
{
    struct net_offload o = {0};
    struct net_part parts[PARTS_MAX];
    unsigned int n = 0;
    long rc;

    (void)unused;
    for (struct pbuf *q = p; q; q = q->next) {
        if (n == PARTS_MAX)
            return ERR_BUF;
        parts[n++] = (struct net_part){q->payload, q->len};
    }
    if (net_checksums(nic))
        leave_checksum(p, &o);
    while ((rc = net_send(nic, parts, n, &o)) == -XEN_EAGAIN && net_connected(nic))
        thread_wait(has_room, NULL, 0);
    return rc ? ERR_IF : ERR_OK;
}

/* The card takes what is larger than its MTU only of TCP; lwIP is told the larger one and this cuts the rest. */
static err_t cut_output(struct netif *to, struct pbuf *p, const ip4_addr_t *dest)
{
    const struct ip_hdr *ip = p->payload;
    uint16_t told = to->mtu;
    err_t rc;

    if (p->tot_len <= real_mtu || IPH_PROTO(ip) == IP_PROTO_TCP)
        return etharp_output(to, p, dest);
    to->mtu = real_mtu;
    rc = ip4_frag(p, to, dest);
    to->mtu = told;
    return rc;
}

void lwip_port_large_segments(struct tcp_pcb *pcb)
{
    if (!net_tso(nic) || !net_checksums(nic))
        return;
    pcb->mss = (u16_t)(pcb->mss * LARGE_SEGMENTS);
    /* A segment that is larger than the window would wait for ever. */
    if (pcb->cwnd < 2u * pcb->mss)
        pcb->cwnd = 2u * pcb->mss;
}

/* ---- In ---- */

static struct pbuf *take_frame(const struct net_frame *f)
{
    struct pbuf *p = f->length > 65535 ? NULL : pbuf_alloc(PBUF_RAW, (u16_t)f->length, PBUF_POOL);
    size_t at = 0;

    for (struct pbuf *q = p; q; q = q->next) {
        net_copy(nic, at, q->payload, q->len);
        at += q->len;
    }
    return p;
}

static void receive(void)
{
    struct net_frame f;

    while (net_next(nic, &f)) {
        struct pbuf *p = take_frame(&f);
        uint16_t checks = netif.chksum_flags;

        net_done(nic);
        if (!p)
            continue;
        if (f.checked)
            netif.chksum_flags &= (u16_t) ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
        if (netif.input(p, &netif) != ERR_OK)
            pbuf_free(p);
        netif.chksum_flags = checks;
    }
}

struct wish {
    thread_ready_t *ready;
    void *arg;
};

static bool something(void *arg)
{
    struct wish *w = arg;

    return net_ready(nic) || w->ready(w->arg);
}

bool lwip_port_wait(thread_ready_t *ready, void *arg, uint64_t deadline)
{
    struct wish w = {ready, arg};

    for (;;) {
        uint64_t until, now;
        u32_t ms;

        receive();
        sys_check_timeouts();
        if (ready(arg) || net_dead(nic) || net_gone(nic))
            return ready(arg);
        now = time_ns();
        if (deadline && now >= deadline)
            return false;
        ms = sys_timeouts_sleeptime();
        until = now + (ms < 1000 ? ms : 1000) * NS_PER_MS + 1;
        thread_wait(something, &w, deadline && deadline < until ? deadline : until);
    }
}

/* ---- Start ---- */

static err_t init(struct netif *n)
{
    n->name[0] = 'e';
    n->name[1] = 'n';
    n->hwaddr_len = 6;
    memcpy(n->hwaddr, net_mac(nic), 6);
    n->mtu = net_tso(nic) && net_checksums(nic) ? 65521 : real_mtu;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    n->output = cut_output;
    n->linkoutput = link_output;
    n->chksum_flags = NETIF_CHECKSUM_ENABLE_ALL;
    if (net_checksums(nic))
        n->chksum_flags &= (u16_t)~NETIF_CHECKSUM_GEN_TCP;
    return ERR_OK;
}

/* "10.0.0.2/24"; without a length it is 24. */
static bool parse(const char *text, ip4_addr_t *address, ip4_addr_t *mask)
{
    char part[16] = "";
    unsigned long bits = 24;
    size_t n = 0;

    while (text[n] && text[n] != '/' && text[n] != ' ' && n < sizeof(part) - 1) {
        part[n] = text[n];
        n++;
    }
    if (text[n] == '/')
        bits = strtoul(text + n + 1, NULL, 10);
    if (bits > 32 || !ip4addr_aton(part, address))
        return false;
    mask->addr = lwip_htonl(bits ? ~0u << (32 - bits) : 0);
    return true;
}

bool lwip_port_start(struct net *net, const char *address, const char *gateway)
{
    ip4_addr_t ip = {0}, mask = {0}, router = {0}, unused;

    nic = net;
    real_mtu = (uint16_t)(net_mtu(net) < 65521 ? net_mtu(net) : 65521);
    if ((address && !parse(address, &ip, &mask)) || (gateway && !parse(gateway, &router, &unused)))
        return false;
    lwip_init();
    netif_add(&netif, &ip, &mask, &router, NULL, init, netif_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    if (!address)
        dhcp_start(&netif);
    return true;
}

bool lwip_port_has_address(void *unused)
{
    (void)unused;
    return !ip4_addr_isany_val(*netif_ip4_addr(&netif));
}

const struct netif *lwip_port_netif(void)
{
    return &netif;
}
