/* SPDX-License-Identifier: MIT */
#include "again.h"
#include "config.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void note_path(char *path, size_t size, uint32_t old)
{
    snprintf(path, size, PXL_RUN "/%u.again", old);
}

int again_note(struct pxl *p, uint32_t old, const struct pxl_config *c)
{
    char path[64];

    note_path(path, sizeof(path), old);
    return config_store(p, path, c);
}

void again_done(uint32_t old)
{
    char path[64];

    note_path(path, sizeof(path), old);
    unlink(path);
}

/* Does another domain than `old` have that UUID? */
static bool is_there(struct pxl *p, const uint8_t *uuid, uint32_t old)
{
    static xen_domctl_getdomaininfo_t batch[HV_LIST_MAX];
    uint32_t first = 1;
    int n;

    while ((n = hv_list(p, first, batch)) > 0)
        for (int i = 0; i < n; i++) {
            first = batch[i].domain + 1u;
            if (batch[i].domain != old && !memcmp(batch[i].handle, uuid, 16))
                return true;
        }
    return false;
}

enum state { UNTOUCHED, RENAMED, ENDED, FOLLOWED };

static enum state state_of(struct pxl *p, uint32_t old, const struct pxl_config *c)
{
    xen_domctl_getdomaininfo_t info;
    enum state state;
    char *name;

    if (is_there(p, c->uuid, old))
        return FOLLOWED;
    if (hv_domaininfo(p, old, &info) || info.flags & XEN_DOMINF_dying)
        return ENDED;
    name = store_read(p, XBT_NULL, "/local/domain/%u/name", old);
    state = name && strcmp(name, c->name) ? RENAMED : UNTOUCHED;
    free(name);
    return state;
}

static void take_over(struct pxl *p, const char *file, void (*follow)(void *, uint32_t, bool, struct pxl_config *), void *arg)
{
    uint32_t old = (uint32_t)strtoul(file, NULL, 10);
    struct pxl_config c;
    enum state state;
    char path[64];

    note_path(path, sizeof(path), old);
    pxl_config_init(&c);
    if (!pxl_config_read_file(p, &c, path, false) && c.name && c.uuid_set) {
        state = state_of(p, old, &c);
        if (state == RENAMED || state == ENDED)
            follow(arg, old, state == RENAMED, &c);
    }
    pxl_config_free(&c);
    fault_clear(p);
    unlink(path);
}

void again_take_over(struct pxl *p, void (*follow)(void *arg, uint32_t old, bool renamed, struct pxl_config *c), void *arg)
{
    DIR *folder = opendir(PXL_RUN);
    struct dirent *e;

    while (folder && (e = readdir(folder))) {
        const char *dot = strchr(e->d_name, '.');

        if (dot && strspn(e->d_name, "0123456789") == (size_t)(dot - e->d_name) && !strcmp(dot, ".again"))
            take_over(p, e->d_name, follow, arg);
    }
    if (folder)
        closedir(folder);
}
