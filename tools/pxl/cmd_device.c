/* SPDX-License-Identifier: MIT */
/* Disks and network interfaces of domains that run. */
#include "command.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The words behind the domain are one specification. */
static char *spec_of(const struct call *c)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    for (int i = 1; i < c->argc; i++)
        fprintf(f, "%s%s", i > 1 ? "," : "", c->argv[i]);
    fclose(f);
    return text;
}

static void js_device(struct call *c, const struct pxl_device *d)
{
    js_number(c, "domid", d->domid);
    js_number(c, "devid", d->devid);
    js_text(c, "kind", d->kind);
    js_text(c, !strcmp(d->kind, "vif") || !strcmp(d->kind, "qnic") ? "mac" : "vdev", d->name);
}

static int say_one(struct call *c, const struct pxl_device *d)
{
    if (c->json) {
        js_open(c);
        js_device(c, d);
        if (*d->backend)
            js_text(c, "backend", d->backend);
        js_close(c);
    }
    return 0;
}

int cmd_block_attach(struct call *c)
{
    struct pxl_disk disk = {0};
    struct pxl_device made;
    uint32_t domid;
    char *spec;
    int rc;

    if (domain_arg(c, 0, &domid))
        return 1;
    spec = spec_of(c);
    rc = pxl_disk_parse(c->p, &disk, spec) || pxl_disk_attach(c->p, domid, &disk, &made) ? failed(c) : say_one(c, &made);
    pxl_disk_free(&disk);
    free(spec);
    return rc;
}

int cmd_network_attach(struct call *c)
{
    struct pxl_vif vif = {0};
    struct pxl_device made;
    uint32_t domid;
    char *spec;
    int rc;

    if (domain_arg(c, 0, &domid))
        return 1;
    spec = spec_of(c);
    rc = pxl_vif_parse(c->p, &vif, spec) || pxl_vif_attach(c->p, domid, &vif, &made) ? failed(c) : say_one(c, &made);
    pxl_vif_free(&vif);
    free(spec);
    return rc;
}

#define DETACH_WAIT_S 10

static int detach(struct call *c, int (*act)(struct pxl *p, uint32_t domid, const char *what, bool force, int timeout_ms,
                                             struct pxl_device *gone))
{
    unsigned long wait = DETACH_WAIT_S;
    struct pxl_device gone;
    uint32_t domid;
    char *end;

    if (option(c, "timeout")) {
        wait = strtoul(option(c, "timeout"), &end, 10);
        if (*end || !wait || wait > 3600)
            return usage_error(c, "--timeout takes 1 to 3600 s");
    }
    if (domain_arg(c, 0, &domid))
        return 1;
    if (act(c->p, domid, c->argv[1], option(c, "force"), (int)wait * 1000, &gone))
        return failed(c);
    return say_one(c, &gone);
}

int cmd_block_detach(struct call *c)
{
    return detach(c, pxl_disk_detach);
}

int cmd_network_detach(struct call *c)
{
    return detach(c, pxl_vif_detach);
}

/* ---- lists ---- */

static void js_row(struct call *c, const struct pxl_device *d, bool vif)
{
    js_open(c);
    js_device(c, d);
    js_text(c, "backend", d->backend);
    js_number(c, "state", (uint64_t)d->state);
    js_number(c, "backend_state", (uint64_t)d->back_state);
    if (d->evtchn >= 0)
        js_number(c, "event_channel", (uint64_t)d->evtchn);
    if (d->ring_ref[0] >= 0)
        js_number(c, vif ? "tx_ring_ref" : "ring_ref", (uint64_t)d->ring_ref[0]);
    if (d->ring_ref[1] >= 0)
        js_number(c, "rx_ring_ref", (uint64_t)d->ring_ref[1]);
    if (d->target)
        js_text(c, vif ? "bridge" : "target", d->target);
    if (d->mode)
        js_text(c, "mode", d->mode);
    if (d->ip)
        js_text(c, "ip", d->ip);
    js_close(c);
}

static void row(struct call *c, const struct pxl_device *d, bool vif)
{
    if (c->json)
        js_row(c, d, vif);
    else if (vif)
        printf("%-3u %-2d %-17s%6u %5d %6d %5d/%-11d %-30s\n", d->devid, 0, d->name, d->devid, d->state, d->evtchn, d->ring_ref[0],
               d->ring_ref[1], d->backend);
    else
        printf("%-5u %-3d %-6u %-5d %-6d %-8d %-30s\n", d->devid, 0, d->domid, d->state, d->evtchn, d->ring_ref[0], d->backend);
}

/* As xl: a domain that there is not costs a line of complaint, and the others are listed. */
static int lists(struct call *c, bool vif)
{
    int rc = 0;

    if (c->json)
        js_list(c, NULL);
    else if (vif)
        printf("%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s\n", "Idx", "BE", "Mac Addr.", "handle", "state", "evt-ch", "tx-",
               "rx-ring-ref", "BE-path");
    else
        printf("%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle", "state", "evt-ch", "ring-ref", "BE-path");
    for (int i = 0; i < c->argc && !rc; i++) {
        struct pxl_device *list;
        uint32_t domid;
        unsigned n;

        rc = domain_arg(c, i, &domid);
        if (!rc && (vif ? pxl_vifs(c->p, domid, &list, &n) : pxl_disks(c->p, domid, &list, &n)))
            rc = failed(c);
        if (rc)
            break;
        for (unsigned k = 0; k < n; k++)
            row(c, &list[k], vif);
        pxl_devices_free(list, n);
    }
    if (c->json && !rc)
        js_list_end(c);
    return rc;
}

int cmd_block_list(struct call *c)
{
    return lists(c, false);
}

int cmd_network_list(struct call *c)
{
    return lists(c, true);
}
