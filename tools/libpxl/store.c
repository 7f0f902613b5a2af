/* SPDX-License-Identifier: MIT */
#include "internal.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PATH 512

static int failed(struct pxl *p, const char *call, const char *path)
{
    return pxl_fail(p, call, errno, errno == EAGAIN ? NULL : "is the store running, and its quota not used up?",
                    "%s %s in the store", call + strlen("store "), path);
}

static void path_make(char path[PATH], const char *format, va_list ap)
{
    vsnprintf(path, PATH, format, ap);
}

int store_write(struct pxl *p, xs_transaction_t t, const char *value, const char *format, ...)
{
    char path[PATH];
    va_list ap;

    va_start(ap, format);
    path_make(path, format, ap);
    va_end(ap);
    return xs_write(p->store, t, path, value, (unsigned)strlen(value)) ? 0 : failed(p, "store write", path);
}

char *store_read(struct pxl *p, xs_transaction_t t, const char *format, ...)
{
    char path[PATH], *text;
    unsigned length;
    va_list ap;

    va_start(ap, format);
    path_make(path, format, ap);
    va_end(ap);
    text = xs_read(p->store, t, path, &length);
    if (!text && errno != ENOENT)
        failed(p, "store read", path);
    return text;
}

int store_remove(struct pxl *p, xs_transaction_t t, const char *format, ...)
{
    char path[PATH];
    va_list ap;

    va_start(ap, format);
    path_make(path, format, ap);
    va_end(ap);
    return xs_rm(p->store, t, path) || errno == ENOENT ? 0 : failed(p, "store remove", path);
}

int store_mkdir(struct pxl *p, xs_transaction_t t, const char *path, uint32_t owner, int reader)
{
    struct xs_permissions perms[2] = {{.id = owner, .perms = XS_PERM_NONE}, {.id = (unsigned)reader, .perms = XS_PERM_READ}};

    if (!xs_mkdir(p->store, t, path))
        return failed(p, "store mkdir", path);
    if (!xs_set_permissions(p->store, t, path, perms, reader >= 0 ? 2 : 1))
        return failed(p, "store set_permissions", path);
    return 0;
}

int store_change(struct pxl *p, int (*change)(struct pxl *p, xs_transaction_t t, void *arg), void *arg)
{
    for (;;) {
        xs_transaction_t t = xs_transaction_start(p->store);

        if (t == XBT_NULL)
            return failed(p, "store transaction_start", "a change");
        if (change(p, t, arg)) {
            xs_transaction_end(p->store, t, true);
            return -1;
        }
        if (xs_transaction_end(p->store, t, false))
            return 0;
        if (errno != EAGAIN)
            return failed(p, "store transaction_end", "a change");
    }
}
