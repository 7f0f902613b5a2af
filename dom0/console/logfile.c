/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "logfile.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *logfile_path(const struct logfile_rules *rules, const char *name)
{
    size_t d = strlen(rules->directory);
    char *path;

    if (asprintf(&path, "%s/%s.log", rules->directory, *name ? name : "_") < 0)
        return NULL;
    for (char *c = path + d + 1; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ')
            *c = '_';
    if (path[d + 1] == '.')
        path[d + 1] = '_';
    return path;
}

static int log_open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* NAME.log.1 becomes .2, and so on; the oldest is overwritten. */
static void rotate(const char *path, unsigned keep)
{
    char from[4096], to[4096];

    for (unsigned i = keep; i > 1; i--) {
        snprintf(from, sizeof(from), "%s.%u", path, i - 1);
        snprintf(to, sizeof(to), "%s.%u", path, i);
        rename(from, to);
    }
    snprintf(to, sizeof(to), "%s.1", path);
    if (!keep || rename(path, to))
        unlink(path);
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && errno != EINTR)
            return errno;
        if (done > 0) {
            data += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

int logfile_append(const struct logfile_rules *rules, const char *path, const char *data, size_t n)
{
    int fd = log_open_file(path), rc;
    struct stat s;

    if (fd >= 0 && rules->size && !fstat(fd, &s) && s.st_size && (uint64_t)s.st_size + n > rules->size) {
        close(fd);
        rotate(path, rules->keep);
        fd = log_open_file(path);
    }
    if (fd < 0)
        return errno;
    rc = write_all(fd, data, n);
    close(fd);
    return rc;
}
