/* SPDX-License-Identifier: MIT */
/* How domains ended: a line each in /run/pxl/ended, for `pxl why` of those that are gone. */
#include "ended.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_NOW PXL_RUN "/ended"
#define FILE_OLD PXL_RUN "/ended.old"
#define LARGEST (128 << 10)

void ended_note(uint32_t domid, const char *name, int reason, const char *action)
{
    char line[256], *end;
    struct stat st;
    int fd, n;

    n = snprintf(line, sizeof(line) - 1, "%ld %u %d %s %s", (long)time(NULL), domid, reason, action, name);
    if (n < 0)
        return;
    for (end = line; *end; end++)
        if ((unsigned char)*end < ' ')
            *end = '?';
    *end++ = '\n';
    fd = open(FILE_NOW, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (write(fd, line, (size_t)(end - line)) > 0 && !fstat(fd, &st) && st.st_size > LARGEST)
        rename(FILE_NOW, FILE_OLD);
    close(fd);
}

static bool line_read(const char *line, struct pxl_ended *e)
{
    long when;
    int at = 0;

    if (sscanf(line, "%ld %u %d %19s %n", &when, &e->domid, &e->reason, e->action, &at) < 4 || !at)
        return false;
    e->when = when;
    snprintf(e->name, sizeof(e->name), "%.*s", (int)strcspn(line + at, "\n"), line + at);
    return true;
}

static bool find_in(const char *path, const char *name_or_id, struct pxl_ended *found)
{
    FILE *f = fopen(path, "re");
    struct pxl_ended e;
    char line[300], id[16];
    bool any = false;

    while (f && fgets(line, sizeof(line), f)) {
        if (!line_read(line, &e))
            continue;
        snprintf(id, sizeof(id), "%u", e.domid);
        if (strcmp(e.name, name_or_id) && strcmp(id, name_or_id))
            continue;
        *found = e;
        any = true;
    }
    if (f)
        fclose(f);
    return any;
}

int pxl_ended(struct pxl *p, const char *name_or_id, struct pxl_ended *e)
{
    fault_clear(p);
    return find_in(FILE_NOW, name_or_id, e) || find_in(FILE_OLD, name_or_id, e)
               ? 0
               : pxl_fail(p, NULL, ESRCH, NULL, "find the end of a domain %s", name_or_id);
}
