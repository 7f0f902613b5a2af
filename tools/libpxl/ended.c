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
#define FILE_FAILED PXL_RUN "/failed"
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

/* What failed and why, without the hints; the deepest is what matters. */
static void chain_text(char *out, size_t size, const struct pxl_fault *f)
{
    size_t at = 0;

    *out = 0;
    for (; f && at < size; f = f->cause)
        at += (size_t)snprintf(out + at, size - at, "%s%s%s%s%s%s", at ? ": " : "", f->what, f->call ? ": " : "", f->call ? f->call : "",
                               f->why ? ": " : "", f->why ? f->why : "");
}

void failed_note(struct pxl *p, const char *name)
{
    char line[512], text[320];
    struct stat st;
    int fd, n;

    chain_text(text, sizeof(text), p->fault);
    n = snprintf(line, sizeof(line) - 1, "%ld %.63s\t%s", (long)time(NULL), name, text);
    if (n < 0)
        return;
    n = n < (int)sizeof(line) - 2 ? n : (int)sizeof(line) - 2;
    for (int i = 0; i < n; i++)
        if ((unsigned char)line[i] < ' ' && line[i] != '\t')
            line[i] = '?';
    line[n++] = '\n';
    fd = open(FILE_FAILED, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (fstat(fd, &st) || st.st_size <= LARGEST || !ftruncate(fd, 0))
        (void)!write(fd, line, (size_t)n);
    close(fd);
}

bool failed_find(const char *name, int64_t *when, char *text, size_t size)
{
    FILE *f = fopen(FILE_FAILED, "re");
    char line[512];
    bool any = false;

    while (f && fgets(line, sizeof(line), f)) {
        char *at, *tab = strchr(line, '\t');
        long t = strtol(line, &at, 10);

        if (!tab || *at != ' ' || (size_t)(tab - at - 1) != strlen(name) || strncmp(at + 1, name, strlen(name)))
            continue;
        *when = t;
        snprintf(text, size, "%.*s", (int)strcspn(tab + 1, "\n"), tab + 1);
        any = true;
    }
    if (f)
        fclose(f);
    return any;
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
