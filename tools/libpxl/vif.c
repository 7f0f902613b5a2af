/* SPDX-License-Identifier: MIT */
/* Network interfaces: which back end and mode; for the kernel's back end, what scripts do elsewhere. */
#include "device.h"
#include <ctype.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_BRIDGE "xenbr0"

/* script= names a mode by the names that xl's scripts for it have. LIMIT: the kernel's back end has no vif-nat, which pxbackd does by nftables. */
static const char *mode_of(const struct pxl_vif *v)
{
    if (!v->script || !strcmp(v->script, "vif-bridge"))
        return "bridge";
    return !strcmp(v->script, "vif-route") ? "route" : !strcmp(v->script, "vif-nat") ? "nat" : NULL;
}

/* Without bridge=, xl's default if there is such a one. */
static const char *bridge_of(const struct pxl_vif *v)
{
    const char *mode = mode_of(v);

    return v->bridge ? v->bridge : mode && !strcmp(mode, "bridge") && if_nametoindex(DEFAULT_BRIDGE) ? DEFAULT_BRIDGE : "";
}

int vif_keys(struct device *d, xs_transaction_t t)
{
    const struct pxl_vif *v = d->vif;
    const char *mode = mode_of(v);
    char text[48];

    snprintf(text, sizeof(text), "%u", d->id);
    if (device_back(d, t, "handle", text) || device_front_key(d, t, "handle", text) || device_back(d, t, "mac", d->mac) ||
        device_front_key(d, t, "mac", d->mac) || device_back(d, t, "bridge", bridge_of(v)) || device_back(d, t, "type", "vif") ||
        device_back(d, t, "hotplug-status", "") || device_back(d, t, "mode", mode ? mode : "bridge") ||
        device_back(d, t, "script", mode ? "" : *d->script ? d->script : v->script)) /* xen-netback does not start without the key */
        return -1;
    if ((v->ip && device_back(d, t, "ip", v->ip)) || (v->ifname && device_back(d, t, "vifname", v->ifname)) ||
        (v->gatewaydev && device_back(d, t, "gatewaydev", v->gatewaydev)))
        return -1;
    if (v->rate_bytes) {
        unsigned us = v->rate_interval_us ? v->rate_interval_us : 50000;

        snprintf(text, sizeof(text), "%lu,%u", v->rate_bytes * us / 1000000, us);
        if (device_back(d, t, "rate", text))
            return -1;
    }
    snprintf(text, sizeof(text), "%u", v->mtu);
    return v->mtu && (device_back(d, t, "mtu", text) || device_front_key(d, t, "mtu", text)) ? -1 : 0;
}

static void mac_choose(struct device *d)
{
    uint8_t r[3];

    if (d->vif->mac) {
        snprintf(d->mac, sizeof(d->mac), "%s", d->vif->mac);
        for (char *c = d->mac; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        return;
    }
    if (getrandom(r, 3, 0) != 3)
        abort();
    /* Xen's block of addresses. */
    snprintf(d->mac, sizeof(d->mac), "00:16:3e:%02x:%02x:%02x", r[0] & 0x7f, r[1], r[2]);
}

int vif_choose(struct device *d)
{
    const struct pxl_vif *v = d->vif;
    const char *mode = mode_of(v);
    bool wanted = v->backendtype == PXL_BACKEND_PXBACKD;
    bool daemon = v->backendtype != PXL_BACKEND_KERNEL && (wanted || !d->qemu) && pxl_backend_daemon();

    if (wanted && d->qemu)
        return pxl_fail(d->p, NULL, EOPNOTSUPP, "backendtype=kernel",
                        "connect the interface by pxbackd: the domain's QEMU, which it has for p9= or vfb=, would take it too");
    d->kind = daemon || wanted ? KIND_QNIC : KIND_VIF;
    if (d->kind == KIND_QNIC && !daemon)
        return pxl_fail(d->p, NULL, ENOENT, "start pxbackd, or backendtype=kernel", "find pxbackd: it does not run");
    if (v->backend_domain && strcmp(v->backend_domain, "0") && strcmp(v->backend_domain, "Domain-0"))
        return pxl_fail(d->p, NULL, EOPNOTSUPP, "leave backend= out", "use the back end of %s: they are in Domain-0", v->backend_domain);
    if (d->kind == KIND_VIF && !mode)
        script_path(v->script, d->script, sizeof(d->script));
    if (d->kind == KIND_VIF && mode && !strcmp(mode, "nat"))
        return pxl_fail(d->p, NULL, EOPNOTSUPP, "start pxbackd, or script=vif-route",
                        "connect the interface by %s: pxbackd alone translates addresses", v->script);
    if (v->ifname && (strlen(v->ifname) >= IFNAMSIZ || !*v->ifname || strchr(v->ifname, '/')))
        return pxl_fail(d->p, NULL, EINVAL, "1 to 15 bytes", "name the interface %s", v->ifname);
    if (mode && !strcmp(mode, "bridge") && v->bridge && !if_nametoindex(v->bridge))
        return pxl_fail(d->p, NULL, ENODEV, "ip link add NAME type bridge makes one", "put the interface on the bridge %s: there is none", v->bridge);
    mac_choose(d);
    return 0;
}

/* ---- the kernel's: the interface joins its bridge and goes up ---- */

static int link_rename(struct device *d, int s, struct ifreq *r)
{
    if (!d->vif->ifname)
        return 0;
    snprintf(r->ifr_newname, sizeof(r->ifr_newname), "%s", d->vif->ifname);
    if (ioctl(s, SIOCSIFNAME, r))
        return pxl_fail(d->p, "SIOCSIFNAME", errno, NULL, "rename %s to %s", r->ifr_name, d->vif->ifname);
    snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", d->vif->ifname);
    return 0;
}

static int link_bridge(struct device *d, int s, const struct ifreq *r)
{
    const char *bridge = bridge_of(d->vif);
    struct ifreq b = {0};

    if (!*bridge)
        return 0;
    snprintf(b.ifr_name, sizeof(b.ifr_name), "%s", bridge);
    b.ifr_ifindex = (int)if_nametoindex(r->ifr_name);
    if (!ioctl(s, SIOCBRADDIF, &b))
        return 0;
    return pxl_fail(d->p, "SIOCBRADDIF", errno, "ip link add NAME type bridge makes one", "put %s on the bridge %s", r->ifr_name, bridge);
}

static int link_up(struct device *d, int s, struct ifreq *r)
{
    if (d->vif->mtu) {
        r->ifr_mtu = (int)d->vif->mtu;
        if (ioctl(s, SIOCSIFMTU, r))
            return pxl_fail(d->p, "SIOCSIFMTU", errno, NULL, "give %s the MTU %u", r->ifr_name, d->vif->mtu);
    }
    if (ioctl(s, SIOCGIFFLAGS, r) || (r->ifr_flags |= IFF_UP, ioctl(s, SIOCSIFFLAGS, r)))
        return pxl_fail(d->p, "SIOCSIFFLAGS", errno, NULL, "switch on %s", r->ifr_name);
    return 0;
}

/* Each of the guest's addresses is reached through the interface, which answers for all others. */
static int link_route(struct device *d, int s, const struct ifreq *r)
{
    char path[96], list[256], *rest = list, *one;
    int fd;

    snprintf(list, sizeof(list), "%s", d->vif->ip ? d->vif->ip : "");
    while ((one = strsep(&rest, " ,"))) {
        struct rtentry route = {.rt_flags = RTF_UP | RTF_HOST, .rt_dev = (char *)r->ifr_name};
        struct sockaddr_in *to = (struct sockaddr_in *)&route.rt_dst, *mask = (struct sockaddr_in *)&route.rt_genmask;

        one[strcspn(one, "/")] = 0;
        if (!*one)
            continue;
        *to = (struct sockaddr_in){.sin_family = AF_INET};
        *mask = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = INADDR_NONE};
        if (inet_pton(AF_INET, one, &to->sin_addr) != 1)
            return pxl_fail(d->p, NULL, EINVAL, "ip=10.0.0.2", "route to %s: it is no IPv4 address", one);
        if (ioctl(s, SIOCADDRT, &route) && errno != EEXIST)
            return pxl_fail(d->p, "SIOCADDRT", errno, NULL, "route %s to %s", one, r->ifr_name);
    }
    snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/proxy_arp", r->ifr_name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "1", 1) != 1) {
        pxl_fail(d->p, "write", errno, NULL, "let %s answer for others by %s", r->ifr_name, path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

int vif_connect(struct device *d)
{
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc;
    bool route = !strcmp(mode_of(d->vif), "route");
    struct ifreq r = {0};

    if (s < 0)
        return pxl_fail(d->p, "socket", errno, NULL, "connect the interface");
    snprintf(r.ifr_name, sizeof(r.ifr_name), "vif%u.%u", d->domid, d->id);
    rc = link_rename(d, s, &r) || (!route && link_bridge(d, s, &r)) || link_up(d, s, &r) || (route && link_route(d, s, &r)) ? -1 : 0;
    close(s);
    return rc ? rc : device_back(d, XBT_NULL, "hotplug-status", "connected");
}
