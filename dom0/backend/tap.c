/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tap.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tap_open(const char *name, bool several)
{
    struct ifreq r = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (several ? IFF_MULTI_QUEUE : 0))};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), err, size = sizeof(struct virtio_net_hdr);

    if (fd < 0)
        return -1;
    snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
    if (!ioctl(fd, TUNSETIFF, &r) && !ioctl(fd, TUNSETPERSIST, 1) && !ioctl(fd, TUNSETVNETHDRSZ, &size))
        return fd;
    err = errno;
    close(fd);
    errno = err;
    return -1;
}

int tap_offloads(int fd, const struct netframe_wants *w)
{
    /* Without the others the kernel refuses segments. What a guest takes over IPv4 alone is made for it over IPv6 (netframe.h). */
    unsigned long flags = w->csum4 || w->csum6 ? TUN_F_CSUM : 0;

    if (w->csum4 && w->tso4)
        flags |= TUN_F_TSO4;
    if (w->csum6 && w->tso6)
        flags |= TUN_F_TSO6;
    return ioctl(fd, TUNSETOFFLOAD, flags) ? errno : 0;
}

void tap_carrier(int fd, bool on)
{
    int carrier = on;

    ioctl(fd, TUNSETCARRIER, &carrier);
}

void tap_forget(int fd)
{
    ioctl(fd, TUNSETPERSIST, 0);
}

void tap_remove(const char *name)
{
    int fd;

    if (!if_nametoindex(name))
        return;
    fd = tap_open(name, false);
    if (fd < 0)
        fd = tap_open(name, true);
    if (fd < 0)
        return;
    tap_forget(fd);
    close(fd);
}
