/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "link.h"
#include "nat.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DOM0_END "fe:ff:ff:ff:ff:ff" /* the highest: a bridge takes the lowest of its members' for its own */

/* Frames that wait for a guest that takes none; each may have 64 KiB. */
#define QUEUE 256

/* libnl has its own numbers of errors; these are the ones that say something to a person. */
static int errno_of(int nl)
{
    switch (-nl) {
    case 0: return 0;
    case NLE_NODEV:
    case NLE_OBJ_NOTFOUND: return ENODEV;
    case NLE_EXIST: return EEXIST;
    case NLE_PERM: return EPERM;
    case NLE_BUSY: return EBUSY;
    case NLE_OPNOTSUPP: return EOPNOTSUPP;
    case NLE_RANGE: return ERANGE;
    case NLE_NOMEM: return ENOMEM;
    default: return EINVAL;
    }
}

static struct nl_sock *netlink(void)
{
    static struct nl_sock *s;

    if (!s && (s = nl_socket_alloc()) && nl_connect(s, NETLINK_ROUTE)) {
        nl_socket_free(s);
        s = NULL;
    }
    return s;
}

static bool sysctl(const char *format, const char *name, const char *value)
{
    char path[128];
    int fd, n;

    snprintf(path, sizeof(path), format, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    n = (int)write(fd, value, strlen(value));
    close(fd);
    return n > 0;
}

/* Gives the interface what `wanted` has, which is freed. */
static int apply(const char *name, struct rtnl_link *wanted)
{
    struct rtnl_link *there = NULL;
    int rc = rtnl_link_get_kernel(netlink(), 0, name, &there);

    if (!rc)
        rc = rtnl_link_change(netlink(), there, wanted, 0);
    rtnl_link_put(wanted);
    rtnl_link_put(there);
    return errno_of(rc);
}

static int change(const char *name, unsigned mtu, unsigned master, bool bridged)
{
    struct rtnl_link *wanted = netlink() ? rtnl_link_alloc() : NULL;
    struct nl_addr *mac = NULL;

    if (!wanted || nl_addr_parse(DOM0_END, AF_LLC, &mac)) {
        rtnl_link_put(wanted);
        return ENOMEM;
    }
    rtnl_link_set_addr(wanted, mac);
    nl_addr_put(mac);
    rtnl_link_set_txqlen(wanted, QUEUE);
    if (mtu)
        rtnl_link_set_mtu(wanted, mtu);
    if (master)
        rtnl_link_set_master(wanted, (int)master);
    rtnl_link_set_flags(wanted, bridged ? IFF_UP | IFF_NOARP : IFF_UP);
    return apply(name, wanted);
}

int link_set_mtu(const char *name, unsigned mtu)
{
    struct rtnl_link *wanted = netlink() ? rtnl_link_alloc() : NULL;

    if (!wanted)
        return ENOMEM;
    rtnl_link_set_mtu(wanted, mtu);
    return apply(name, wanted);
}

static int add_address(int ifindex, const char *text)
{
    struct rtnl_addr *a = rtnl_addr_alloc();
    struct nl_addr *local = NULL;
    int rc = a ? nl_addr_parse(text, AF_UNSPEC, &local) : -NLE_NOMEM;

    if (!rc) {
        /* Alone: the guest's address is routed, not the network around it. */
        nl_addr_set_prefixlen(local, (int)nl_addr_get_len(local) * 8);
        rtnl_addr_set_ifindex(a, ifindex);
        rc = rtnl_addr_set_local(a, local);
    }
    if (!rc)
        rc = rtnl_addr_add(netlink(), a, 0);
    nl_addr_put(local);
    rtnl_addr_put(a);
    return rc == -NLE_EXIST ? 0 : errno_of(rc);
}

static int add_route(int ifindex, const char *text, const char *source)
{
    struct rtnl_route *r = rtnl_route_alloc();
    struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
    struct nl_addr *to = NULL, *from = NULL;
    int rc = r && hop ? nl_addr_parse(text, AF_UNSPEC, &to) : -NLE_NOMEM;

    if (rc) {
        rtnl_route_nh_free(hop);
        goto out;
    }
    nl_addr_set_prefixlen(to, (int)nl_addr_get_len(to) * 8);
    rtnl_route_set_family(r, (uint8_t)nl_addr_get_family(to));
    rtnl_route_set_table(r, RT_TABLE_MAIN);
    rtnl_route_set_scope(r, RT_SCOPE_LINK);
    rtnl_route_set_protocol(r, RTPROT_STATIC);
    rtnl_route_set_dst(r, to);
    rtnl_route_nh_set_ifindex(hop, ifindex);
    rtnl_route_add_nexthop(r, hop);
    if (*source && !nl_addr_parse(source, nl_addr_get_family(to), &from)) {
        nl_addr_set_prefixlen(from, (int)nl_addr_get_len(from) * 8);
        rtnl_route_set_pref_src(r, from);
    }
    rc = rtnl_route_add(netlink(), r, NLM_F_REPLACE);
out:
    nl_addr_put(to);
    nl_addr_put(from);
    rtnl_route_put(r);
    return errno_of(rc);
}

/* Calls f for each of the addresses. */
static int each_address(const struct link_plan *p, int (*f)(const struct link_plan *, const char *), char *why, size_t size)
{
    char list[256], *save = NULL;
    int err = 0;

    if ((size_t)snprintf(list, sizeof(list), "%s", p->ip) >= sizeof(list)) {
        snprintf(why, size, "too many addresses");
        return E2BIG;
    }
    for (char *ip = strtok_r(list, " ,", &save); ip && !err; ip = strtok_r(NULL, " ,", &save))
        if ((err = f(p, ip)))
            snprintf(why, size, "address %s of %s", ip, p->name);
    return err;
}

static int route_one(const struct link_plan *p, const char *ip)
{
    return add_route((int)if_nametoindex(p->name), ip, p->gateway);
}

static int routed(const struct link_plan *p, char *why, size_t size)
{
    int err = change(p->name, p->mtu, 0, false);

    if (err) {
        snprintf(why, size, "setting up %s", p->name);
        return err;
    }
    if (!*p->ip) {
        snprintf(why, size, "a routed network card needs ip=");
        return EINVAL;
    }
    if (*p->gateway && (err = add_address((int)if_nametoindex(p->name), p->gateway))) {
        snprintf(why, size, "giving %s the address %s", p->name, p->gateway);
        return err;
    }
    if (!sysctl("/proc/sys/net/ipv4/conf/%s/proxy_arp", p->name, "1") || !sysctl("/proc/sys/net/ipv4/ip_forward%s", "", "1")) {
        snprintf(why, size, "letting %s's packets through (sysctl)", p->name);
        return errno;
    }
    if ((err = each_address(p, route_one, why, size)))
        return err;
    return p->mode == LINK_NAT ? each_address(p, nat_add, why, size) : 0;
}

int link_set_up(const struct link_plan *p, char *why, size_t size)
{
    unsigned bridge = 0;
    int err;

    if (p->mode != LINK_BRIDGE)
        return routed(p, why, size);
    if (*p->bridge && !(bridge = if_nametoindex(p->bridge))) {
        snprintf(why, size, "there is no bridge %s (ip link add %s type bridge makes one)", p->bridge, p->bridge);
        return ENODEV;
    }
    sysctl("/proc/sys/net/ipv6/conf/%s/disable_ipv6", p->name, "1");
    if ((err = change(p->name, p->mtu, bridge, true)))
        snprintf(why, size, *p->bridge ? "putting %s on the bridge %s" : "setting up %s", p->name, p->bridge);
    return err;
}

void link_forget(const struct link_plan *p)
{
    char why[128];

    if (p->mode == LINK_NAT)
        each_address(p, nat_remove, why, sizeof(why));
}
