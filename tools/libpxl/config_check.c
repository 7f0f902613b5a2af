/* SPDX-License-Identifier: MIT */
/* What one key of a configuration says against another, and what has no effect. */
#include "config.h"
#include "cpuid.h"
#include "qemu.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool pxl_name_valid(const char *name)
{
    size_t n = strlen(name);

    if (!n || n > 63)
        return false;
    for (; *name; name++)
        if (*name == '/' || (unsigned char)*name <= ' ' || *name == 127)
            return false;
    return true;
}

int tsc_mode_number(const char *mode)
{
    static const char *const words[] = {"default", "always_emulate", "native", "native_paravirt"};
    unsigned word;

    if (*mode >= '0' && *mode <= '3' && !mode[1])
        return *mode - '0';
    return words_have(words, 4, mode, &word) ? (int)word : -1;
}

static int cpuid_check(struct pxl *p, const struct pxl_config *c)
{
    struct cpuid_change *list;
    unsigned n;
    int rc = cpuid_parse(p, &c->cpuid, &list, &n);

    free(list);
    return rc;
}

/* LIMIT: what a configuration may say and nothing here does; said once each, and the domain is made without. */
static void without(struct pxl *p, const struct pxl_config *c)
{
    const struct {
        bool said;
        const char *key, *why;
    } limits[] = {
        {c->seclabel && *c->seclabel, "seclabel", "there is no security module"},
    };

    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (limits[i].said)
            pxl_log(p, 0, "warning: %s= has no effect: %s", limits[i].key, limits[i].why);
    for (unsigned i = 0; i < c->nr_vifs; i++)
        if (c->vifs[i].model || (c->vifs[i].type && strcmp(c->vifs[i].type, "vif")))
            pxl_log(p, 0, "warning: vif %u: model= and type= have no effect: PV guests have no emulated cards", i);
}

const char *words_value(const struct pxl_strings *s, const char *key)
{
    size_t n = strlen(key);

    for (unsigned i = 0; i < s->n; i++)
        if (!strncmp(s->s[i], key, n) && s->s[i][n] == '=')
            return s->s[i] + n + 1;
    return NULL;
}

/* "connection=pty|socket,name=…,path=…" */
static int channel_check(struct pxl *p, const struct pxl_strings *s)
{
    const char *connection = NULL, *path = NULL;

    for (unsigned i = 0; i < s->n; i++) {
        if (!strncmp(s->s[i], "connection=", 11))
            connection = s->s[i] + 11;
        else if (!strncmp(s->s[i], "path=", 5))
            path = s->s[i] + 5;
        else if (strncmp(s->s[i], "name=", 5))
            return pxl_fail(p, NULL, EINVAL, "connection, path, name", "understand \"%s\" of a channel", s->s[i]);
    }
    if (connection && !strcmp(connection, "pty") && !path)
        return 0;
    if (connection && !strcmp(connection, "socket") && path && *path == '/')
        return 0;
    return pxl_fail(p, NULL, EINVAL, "\"connection=pty,name=agent\" or \"connection=socket,path=/run/agent,name=agent\"",
                    "use a channel: it is a pty, or a socket with a path that begins with /");
}

int pxl_config_check(struct pxl *p, const struct pxl_config *c)
{
    if (!c->name || !pxl_name_valid(c->name))
        return pxl_fail(p, NULL, EINVAL, "name=\"guest1\"",
                        "use the configuration: it needs a name of 1 to 63 bytes without / and blanks");
    if (c->type && strcmp(c->type, "pv"))
        return pxl_fail(p, NULL, EOPNOTSUPP, "type=\"pv\"", "make a guest of type %s: only pv there is", c->type);
    if (c->builder && strcmp(c->builder, "generic") && strcmp(c->builder, "linux"))
        return pxl_fail(p, NULL, EOPNOTSUPP, "leave builder= out", "use the builder %s: only PV guests there are", c->builder);
    if (c->bootloader && *c->bootloader && !c->nr_disks)
        return pxl_fail(p, NULL, EINVAL, "disk=[\"/srv/guest.img,raw,xvda,w\"]", "run the boot loader %s: there is no disk", c->bootloader);
    if (!c->kernel && (!c->bootloader || !*c->bootloader))
        return pxl_fail(p, NULL, EINVAL, "kernel=\"/path/vmlinuz\"", "use the configuration: it names no kernel");
    if (!c->memory)
        return pxl_fail(p, NULL, EINVAL, "memory=128 (MiB)", "use the configuration: it says no memory");
    if (!c->vcpus || (c->maxvcpus && c->maxvcpus < c->vcpus) || c->vcpus > 8192 || c->maxvcpus > 8192)
        return pxl_fail(p, NULL, EINVAL, NULL, "use the configuration: vcpus=%u does not fit maxvcpus=%u", c->vcpus, c->maxvcpus);
    if (c->maxmem && c->maxmem < c->memory)
        return pxl_fail(p, NULL, EINVAL, NULL, "use the configuration: memory=%lu is more than maxmem=%lu", c->memory, c->maxmem);
    if (c->pool && strcmp(c->pool, "Pool-0"))
        return pxl_fail(p, NULL, EINVAL, "pool=\"Pool-0\"", "use the CPU pool %s: there is only Pool-0", c->pool);
    for (unsigned i = 0; i < c->nr_disks; i++)
        for (unsigned k = 0; k < i; k++)
            if (!strcmp(c->disks[i].vdev, c->disks[k].vdev))
                return pxl_fail(p, NULL, EEXIST, "xvda, xvdb, xvdc", "use two disks that are called %s", c->disks[i].vdev);
    if (c->tsc_mode && tsc_mode_number(c->tsc_mode) < 0)
        return pxl_fail(p, NULL, EINVAL, "default, always_emulate, native or native_paravirt", "use tsc_mode=\"%s\"", c->tsc_mode);
    if (cpuid_check(p, c))
        return -1;
    for (unsigned i = 0; i < c->nr_channels; i++)
        if (channel_check(p, &c->channels[i]))
            return -1;
    if (qemu_config_check(p, c))
        return -1;
    for (unsigned i = 0; i < c->nr_disks; i++)
        if (c->disks[i].backend_domain && strcmp(c->disks[i].backend_domain, "0") && strcmp(c->disks[i].backend_domain, "Domain-0"))
            return pxl_fail(p, NULL, EOPNOTSUPP, "leave backend= out", "use the disk back end in domain %s: they are in Domain-0",
                            c->disks[i].backend_domain);
    for (unsigned i = 0; i < c->nr_vifs; i++)
        if (c->vifs[i].backend_domain && strcmp(c->vifs[i].backend_domain, "0") && strcmp(c->vifs[i].backend_domain, "Domain-0"))
            return pxl_fail(p, NULL, EOPNOTSUPP, "leave backend= out", "use the network back end in domain %s: they are in Domain-0",
                            c->vifs[i].backend_domain);
    without(p, c);
    return 0;
}
