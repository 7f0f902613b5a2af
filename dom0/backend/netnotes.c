/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "log.h"
#include "nat.h"
#include "net.h"
#include "store.h"
#include "tap.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTES BACKEND_DIRECTORY "/taps"

static bool swept;

struct note {
    unsigned domid, id, mode;
    char ip[256];
};

int netnotes_start(void)
{
    return mkdir(NOTES, 0700) && errno != EEXIST ? errno : 0;
}

static bool note_read(const char *name, struct note *note)
{
    char path[sizeof(NOTES) + NAME_MAX + 2];
    FILE *f;
    int n;

    snprintf(path, sizeof(path), NOTES "/%s", name);
    f = fopen(path, "re");
    if (!f)
        return false;
    note->ip[0] = 0;
    n = fscanf(f, "%u %u %u %255[^\n]", &note->domid, &note->id, &note->mode, note->ip);
    fclose(f);
    return n >= 3;
}

void netnotes_add(const struct nic *n)
{
    char path[sizeof(NOTES) + IFNAMSIZ + 2];
    FILE *f;

    snprintf(path, sizeof(path), NOTES "/%s", n->name);
    f = fopen(path, "we");
    if (f)
        fprintf(f, "%u %u %u %s\n", n->device->domid, n->device->id, n->plan->link.mode, n->plan->ip);
    if (!f || fclose(f))
        log_line(LOG_ERROR, "%s: %s", path, strerror(errno));
}

bool netnotes_has(const struct nic *n)
{
    struct note note;

    return note_read(n->name, &note) && note.domid == n->device->domid && note.id == n->device->id;
}

void netnotes_remove(const struct nic *n)
{
    char path[sizeof(NOTES) + IFNAMSIZ + 2];

    snprintf(path, sizeof(path), NOTES "/%s", n->name);
    unlink(path);
}

static void sweep_one(int folder, const char *name)
{
    struct note note;
    char path[128], *state;

    if (!note_read(name, &note)) {
        unlinkat(folder, name, 0);
        return;
    }
    snprintf(path, sizeof(path), "/local/domain/%u/backend/%s/%u/%u/state", store_own_domid(), network_kind.name, note.domid, note.id);
    state = store_read(path);
    if (state || !store_is_there()) {
        free(state);
        return;
    }
    log_line(LOG_NOTE, "%s is left from a network card that is gone: removed", name);
    link_forget(&(struct link_plan){.mode = note.mode, .name = name, .ip = note.ip});
    tap_remove(name);
    unlinkat(folder, name, 0);
}

void netnotes_sweep(void)
{
    struct dirent *e;
    DIR *dir;

    if (swept || !store_is_there())
        return;
    swept = true;
    dir = opendir(NOTES);
    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.')
            sweep_one(dirfd(dir), e->d_name);
    if (dir)
        closedir(dir);
}
