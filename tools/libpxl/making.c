/* SPDX-License-Identifier: MIT */
#include "making.h"
#include "bootloader.h"
#include "device.h"
#include "ended.h"
#include "names.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER PXL_RUN "/making"
#define LINE 48 /* UUID, what is done, number, line's end: always written whole */
#define MADE ' '
#define ENDED '-'
#define DEVICES '+'

int making_begin(struct pxl *p, struct making *m)
{
    static unsigned count;
    struct stat st;

    m->fd = -1;
    if ((mkdir(PXL_RUN, 0755) && errno != EEXIST) || (mkdir(FOLDER, 0700) && errno != EEXIST))
        return pxl_fail(p, "mkdir", errno, NULL, "make the folder " FOLDER);
    snprintf(m->path, sizeof(m->path), FOLDER "/%d-%u", getpid(), __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED));
    do {
        if (m->fd >= 0)
            close(m->fd);
        m->fd = open(m->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (m->fd < 0)
            return pxl_fail(p, "open", errno, NULL, "note in %s what is made", m->path);
        /* A sweep may have seen the new file before it was locked, and have taken it away. */
    } while (flock(m->fd, LOCK_EX) || fstat(m->fd, &st) || !st.st_nlink);
    return 0;
}

static int line_write(struct pxl *p, struct making *m, const char *uuid, char what, uint32_t domid)
{
    char line[LINE + 1];

    snprintf(line, sizeof(line), "%-36.36s%c%10u\n", uuid, what, domid);
    return pwrite(m->fd, line, LINE, 0) == LINE ? 0 : pxl_fail(p, "write", errno, NULL, "note in %s what is made", m->path);
}

int making_name(struct pxl *p, struct making *m, const char *uuid, uint32_t domid)
{
    if (!uuid)
        return ftruncate(m->fd, 0) ? pxl_fail(p, "ftruncate", errno, NULL, "note in %s what is made", m->path) : 0;
    return line_write(p, m, uuid, MADE, domid);
}

void making_ending(struct pxl *p, struct making *m, const char *uuid, uint32_t domid)
{
    if (making_begin(p, m) || line_write(p, m, uuid, ENDED, domid))
        fault_clear(p);
    step(p);
}

int making_devices(struct pxl *p, struct making *m, const char *uuid, uint32_t domid)
{
    return line_write(p, m, uuid, DEVICES, domid);
}

void making_end(struct making *m)
{
    if (m->fd < 0)
        return;
    unlink(m->path);
    close(m->fd);
    m->fd = -1;
}

/* ---- what is left of the dead ---- */

static bool same(const uint8_t *uuid, const char *text)
{
    char own[37];

    uuid_print(own, uuid);
    return !strncmp(own, text, 36);
}

static bool half_made(const xen_domctl_getdomaininfo_t *info, const char *uuid)
{
    return (info->flags & XEN_DOMINF_paused) && same(info->handle, uuid);
}

/* Killed between the hypervisor's answer and the note of it: a domain with that UUID which the store does not know yet. */
static int find_unnumbered(struct pxl *p, const char *uuid, uint32_t *domid)
{
    static xen_domctl_getdomaininfo_t batch[HV_LIST_MAX];
    uint32_t first = 0;
    int n;

    while ((n = hv_list(p, first, batch)) > 0) {
        for (int i = 0; i < n; i++) {
            char *name;

            first = batch[i].domain + 1u;
            if (!half_made(&batch[i], uuid))
                continue;
            name = store_read(p, XBT_NULL, "/local/domain/%u/name", batch[i].domain);
            free(name);
            if (name)
                continue;
            *domid = batch[i].domain;
            return 0;
        }
    }
    return -1;
}

/* The end of one that was being ended is noted, if it was not yet. */
static void end_noted(struct pxl *p, uint32_t domid)
{
    char *name = store_read(p, XBT_NULL, "/local/domain/%u/name", domid);
    struct pxl_ended e;

    if (name && (pxl_ended(p, name, &e) || e.domid != domid))
        ended_note(domid, name, -1, "destroyed");
    free(name);
}

static bool remove_named(struct pxl *p, const char *line)
{
    xen_domctl_getdomaininfo_t info;
    uint32_t domid = (uint32_t)strtoul(line + 37, NULL, 10);
    bool ended = line[36] == ENDED;

    if (line[36] == DEVICES) {
        if (!hv_domaininfo(p, domid, &info) && same(info.handle, line))
            devices_sweep_hot(p, line, domid);
        else
            devices_sweep(p, line, DOMID_INVALID);
        return false;
    }
    if (domid == DOMID_INVALID && find_unnumbered(p, line, &domid))
        return false;
    if (!hv_domaininfo(p, domid, &info)) {
        if (ended ? !same(info.handle, line) : !half_made(&info, line))
            return false;
        domctl_new(p, XEN_DOMCTL_destroydomain, domid);
        domctl_run(p, "domctl destroydomain");
    }
    if (ended)
        end_noted(p, domid);
    /* Gone or going; what the store has of it goes too, unless that is a later domain's of the same number. */
    domain_forget(p, domid);
    devices_sweep(p, line, DOMID_INVALID);
    return true;
}

int pxl_sweep(struct pxl *p, unsigned *removed)
{
    DIR *folder = opendir(FOLDER);
    struct dirent *e;

    *removed = 0;
    fault_clear(p);
    while (folder && (e = readdir(folder))) {
        char line[LINE + 1] = "", boot[128];
        int fd = e->d_name[0] == '.' ? -1 : openat(dirfd(folder), e->d_name, O_RDWR | O_CLOEXEC);

        if (fd < 0)
            continue;
        if (!flock(fd, LOCK_EX | LOCK_NB)) {
            if (read(fd, line, LINE) == LINE)
                *removed += remove_named(p, line);
            snprintf(boot, sizeof(boot), FOLDER "/%.60s" BOOT_FOLDER, e->d_name);
            boot_folder_remove(boot);
            unlinkat(dirfd(folder), e->d_name, 0);
        }
        close(fd);
    }
    if (folder)
        closedir(folder);
    fault_clear(p);
    return 0;
}
