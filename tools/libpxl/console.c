/* SPDX-License-Identifier: MIT */
#include "internal.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

int pxl_console_tty(struct pxl *p, uint32_t domid, int timeout_ms, char *path, size_t size)
{
    char key[64], *tty;
    int rc = -1;

    fault_clear(p);
    snprintf(key, sizeof(key), "/local/domain/%u/console/tty", domid);
    if (!xs_watch(p->store, key, "pxl-console"))
        return pxl_fail(p, "store watch", errno, NULL, "find the console of domain %u", domid);
    while (rc) {
        struct pollfd f = {.fd = xs_fileno(p->store), .events = POLLIN};
        unsigned n;

        tty = store_read(p, XBT_NULL, "%s", key);
        if (tty && *tty) {
            snprintf(path, size, "%s", tty);
            rc = 0;
        }
        free(tty);
        if (!rc)
            break;
        if (poll(&f, 1, timeout_ms) <= 0)
            break;
        free(xs_read_watch(p->store, &n));
    }
    xs_unwatch(p->store, key, "pxl-console");
    if (rc)
        return pxl_fail(p, NULL, ETIMEDOUT, "is pxconsoled or xenconsoled running?",
                        "find the console of domain %u: no console daemon has taken it", domid);
    return 0;
}
