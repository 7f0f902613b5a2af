/* SPDX-License-Identifier: MIT */
/* The specifications of disks and network interfaces, in xl's grammar (xl-disk-configuration(5), xl-network-configuration(5)). */
#include "config.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const formats[] = {"raw", "qcow", "qcow2", "vhd", "qed", "empty"};
static const char *const backends[] = {"any", "phy", "qdisk", "tap", "pxbackd", "kernel"};

void pxl_disk_free(struct pxl_disk *d)
{
    free(d->target);
    free(d->vdev);
    free(d->script);
    free(d->backend_domain);
    *d = (struct pxl_disk){0};
}

void pxl_vif_free(struct pxl_vif *v)
{
    char **texts[] = {&v->bridge, &v->mac, &v->ip, &v->script, &v->ifname, &v->backend_domain, &v->gatewaydev, &v->model, &v->type};

    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(*texts[i]);
    *v = (struct pxl_vif){0};
}

static int wrong(struct pxl *p, const char *kind, const char *spec, const char *part, const char *hint)
{
    return pxl_fail(p, NULL, EINVAL, hint, "understand the %s \"%s\" at \"%s\"", kind, spec, part);
}

static char *part_dup(const char *s, size_t n)
{
    while (n && isspace((unsigned char)*s))
        s++, n--;
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    return text_dup(s, n);
}

static void put(char **to, const char *value)
{
    free(*to);
    *to = text_dup(value, strlen(value));
}

/* ---- disks ---- */

static bool disk_access(struct pxl_disk *d, const char *s)
{
    if (!strcmp(s, "r") || !strcmp(s, "ro"))
        d->readonly = true;
    else if (!strcmp(s, "w") || !strcmp(s, "rw"))
        d->readonly = false;
    else
        return false;
    return true;
}

static bool disk_key(struct pxl_disk *d, const char *key, const char *value)
{
    unsigned word;

    if (!strcmp(key, "vdev"))
        return put(&d->vdev, value), true;
    if (!strcmp(key, "access"))
        return disk_access(d, value);
    if (!strcmp(key, "script"))
        return put(&d->script, value), true;
    if (!strcmp(key, "backend"))
        return put(&d->backend_domain, value), true;
    if (!strcmp(key, "format") && words_have(formats, 6, value, &word))
        return d->format = (enum pxl_disk_format)word, true;
    if (!strcmp(key, "backendtype") && words_have(backends + 1, 4, value, &word))
        return d->backendtype = (enum pxl_backend)(word + 1), true;
    if (!strcmp(key, "devtype") && (!strcmp(value, "cdrom") || !strcmp(value, "disk")))
        return d->cdrom = !strcmp(value, "cdrom"), d->readonly = d->readonly || d->cdrom, true;
    return false;
}

static bool disk_flag(struct pxl_disk *d, const char *s)
{
    if (!strcmp(s, "cdrom"))
        d->cdrom = d->readonly = true;
    else if (!strcmp(s, "discard") || !strcmp(s, "no-discard"))
        d->discard_set = true, d->discard = *s == 'd';
    else if (!strcmp(s, "direct-io-safe"))
        d->direct_io = true;
    else if (!strcmp(s, "trusted") || !strcmp(s, "untrusted"))
        d->untrusted = *s == 'u';
    else
        return false;
    return true;
}

/* "phy:/dev/x", "qcow2:/file": what older configurations have before the target. */
static const char *disk_prefix(struct pxl_disk *d, const char *s)
{
    static const struct {
        const char *text;
        enum pxl_backend backend;
        enum pxl_disk_format format;
    } prefixes[] = {{"phy:", PXL_BACKEND_PHY, PXL_RAW}, {"file:", PXL_BACKEND_ANY, PXL_RAW}, {"raw:", PXL_BACKEND_ANY, PXL_RAW},
                    {"qcow2:", PXL_BACKEND_ANY, PXL_QCOW2}, {"qcow:", PXL_BACKEND_ANY, PXL_QCOW}, {"vhd:", PXL_BACKEND_ANY, PXL_VHD},
                    {"tap:", PXL_BACKEND_TAP, PXL_RAW}, {"aio:", PXL_BACKEND_ANY, PXL_RAW}};
    bool again;

    do {
        again = false;
        for (unsigned i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
            size_t n = strlen(prefixes[i].text);

            if (strncmp(s, prefixes[i].text, n))
                continue;
            if (prefixes[i].backend)
                d->backendtype = prefixes[i].backend;
            if (prefixes[i].format)
                d->format = prefixes[i].format;
            s += n;
            again = true;
        }
    } while (again);
    return s;
}

/* Without a key: target, format, vdev, access, in this order; the format may be left out as in older files. */
static bool disk_positional(struct pxl_disk *d, unsigned *position, const char *s)
{
    unsigned word;

    switch ((*position)++) {
    case 0:
        s = disk_prefix(d, s);
        if (*s)
            put(&d->target, s);
        return true;
    case 1:
        if (!*s || words_have(formats, 6, s, &word)) {
            d->format = *s ? (enum pxl_disk_format)word : d->format;
            return true;
        }
        (*position)++;
        /* fallthrough */
    case 2: {
        const char *colon = strchr(s, ':');

        if (colon && strcmp(colon, ":cdrom") && strcmp(colon, ":disk"))
            return false;
        d->cdrom = colon && colon[1] == 'c';
        d->readonly = d->readonly || d->cdrom;
        free(d->vdev);
        d->vdev = text_dup(s, colon ? (size_t)(colon - s) : strlen(s));
        return true;
    }
    case 3: return !*s || disk_access(d, s);
    default: return false;
    }
}

int pxl_disk_parse(struct pxl *p, struct pxl_disk *d, const char *spec)
{
    unsigned position = 0;
    const char *at = spec;

    *d = (struct pxl_disk){.format = PXL_RAW};
    while (*at) {
        size_t n = strcspn(at, ",");
        char *part = part_dup(at, n), *equals = strchr(part, '=');
        bool known, last = false;

        if (!strncmp(part, "target=", 7)) {
            /* Takes the rest, commas too. */
            put(&d->target, strstr(at, "target=") + 7);
            known = last = true;
        } else if (equals) {
            *equals = 0;
            known = disk_key(d, part, equals + 1);
        } else {
            known = disk_flag(d, part) || disk_positional(d, &position, part);
        }
        free(part);
        if (!known)
            return wrong(p, "disk", spec, at, "\"/dev/vg/root,raw,xvda,rw\" or \"format=raw,vdev=xvda,access=rw,target=/file\"");
        if (last)
            break;
        at += n + (at[n] == ',');
    }
    if (!d->vdev || !*d->vdev)
        return wrong(p, "disk", spec, spec, "it needs a vdev such as xvda");
    if (!d->target && !d->cdrom && d->format != PXL_EMPTY)
        return wrong(p, "disk", spec, spec, "it needs a target");
    return 0;
}

char *disk_print(const struct pxl_disk *d)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    fprintf(f, "format=%s,vdev=%s,access=%s", formats[d->format], d->vdev, d->readonly ? "ro" : "rw");
    if (d->cdrom)
        fputs(",devtype=cdrom", f);
    if (d->backendtype)
        fprintf(f, ",backendtype=%s", backends[d->backendtype]);
    if (d->script)
        fprintf(f, ",script=%s", d->script);
    if (d->backend_domain)
        fprintf(f, ",backend=%s", d->backend_domain);
    if (d->discard_set)
        fputs(d->discard ? ",discard" : ",no-discard", f);
    if (d->direct_io)
        fputs(",direct-io-safe", f);
    if (d->untrusted)
        fputs(",untrusted", f);
    if (d->target)
        fprintf(f, ",target=%s", d->target);
    fclose(f);
    return text;
}

/* ---- network ---- */

/* "10Mb/s", "1.5 is not", "250KB/s@20ms": bytes a second, and how often they are counted. */
static bool rate_parse(struct pxl_vif *v, const char *s)
{
    char *end;
    unsigned long n = strtoul(s, &end, 10), scale = 1;

    if (!isdigit((unsigned char)*s) || n > UINT32_MAX)
        return false;
    switch (*end) {
    case 'G': scale *= 1000; /* fallthrough */
    case 'M': scale *= 1000; /* fallthrough */
    case 'K': scale *= 1000; end++;
    }
    if ((*end != 'b' && *end != 'B') || strncmp(end + 1, "/s", 2))
        return false;
    v->rate_bytes = n * scale / (*end == 'b' ? 8 : 1);
    v->rate_interval_us = 0;
    end += 3;
    if (*end == '@' && isdigit((unsigned char)end[1])) {
        unsigned long interval = strtoul(end + 1, &end, 10);

        if (!strcmp(end, "ms"))
            interval *= 1000;
        else if (!strcmp(end, "s"))
            interval *= 1000000;
        else if (strcmp(end, "us"))
            return false;
        v->rate_interval_us = (unsigned)interval;
        return interval && interval <= UINT32_MAX && v->rate_bytes;
    }
    return !*end && v->rate_bytes;
}

static bool mac_valid(const char *s)
{
    for (unsigned i = 0; i < 17; i++)
        if (i % 3 == 2 ? s[i] != ':' : !isxdigit((unsigned char)s[i]))
            return false;
    return !s[17];
}

static bool vif_key(struct pxl_vif *v, const char *key, const char *value)
{
    const struct {
        const char *key;
        char **at;
    } texts[] = {{"bridge", &v->bridge}, {"ip", &v->ip}, {"script", &v->script}, {"vifname", &v->ifname},
                 {"backend", &v->backend_domain}, {"gatewaydev", &v->gatewaydev}, {"model", &v->model}, {"type", &v->type}};
    char *end;

    if (!strcmp(key, "mac"))
        return mac_valid(value) && (put(&v->mac, value), true);
    if (!strcmp(key, "rate"))
        return rate_parse(v, value);
    if (!strcmp(key, "backendtype")) {
        bool kernel = !strcmp(value, "kernel");

        v->backendtype = kernel ? PXL_BACKEND_KERNEL : PXL_BACKEND_PXBACKD;
        return kernel || !strcmp(value, "pxbackd") || !strcmp(value, "qnic");
    }
    if (!strcmp(key, "mtu")) {
        v->mtu = (unsigned)strtoul(value, &end, 10);
        return !*end && v->mtu >= 68 && v->mtu <= 65535;
    }
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!strcmp(key, texts[i].key))
            return put(texts[i].at, value), true;
    return false;
}

int pxl_vif_parse(struct pxl *p, struct pxl_vif *v, const char *spec)
{
    *v = (struct pxl_vif){0};
    for (const char *at = spec; *at;) {
        size_t n = strcspn(at, ",");
        char *part = part_dup(at, n), *equals = strchr(part, '=');
        bool known = !*part;

        if (equals) {
            *equals = 0;
            known = vif_key(v, part, equals + 1);
        }
        free(part);
        if (!known)
            return wrong(p, "vif", spec, at, "for example \"mac=00:16:3e:00:00:01,bridge=xenbr0,rate=10Mb/s\"");
        at += n + (at[n] == ',');
    }
    return 0;
}

char *vif_print(const struct pxl_vif *v)
{
    const struct {
        const char *key, *value;
    } texts[] = {{"mac", v->mac}, {"bridge", v->bridge}, {"ip", v->ip}, {"script", v->script}, {"vifname", v->ifname},
                 {"backend", v->backend_domain}, {"gatewaydev", v->gatewaydev}, {"model", v->model}, {"type", v->type}};
    const char *comma = "";
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!texts[i].value)
            continue;
        fprintf(f, "%s%s=%s", comma, texts[i].key, texts[i].value);
        comma = ",";
    }
    if (v->rate_bytes) {
        fprintf(f, "%srate=%luB/s", comma, v->rate_bytes);
        if (v->rate_interval_us)
            fprintf(f, "@%uus", v->rate_interval_us);
        comma = ",";
    }
    if (v->mtu) {
        fprintf(f, "%smtu=%u", comma, v->mtu);
        comma = ",";
    }
    if (v->backendtype)
        fprintf(f, "%sbackendtype=%s", comma, backends[v->backendtype]);
    fclose(f);
    return text;
}
