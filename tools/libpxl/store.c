/* SPDX-License-Identifier: MIT */
#include "internal.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#define PATH 512
#define NO_STORE_HINT "is pxstored or xenstored running?"
/* Questions under way at once: few enough that neither side's buffers fill while the other one writes. */
#define WINDOW 256

static int failed(struct pxl *p, const char *call, const char *path)
{
    const char *hint = errno == ENOSPC || errno == E2BIG ? "its quota may be used up"
                       : errno == ECONNRESET || errno == EPIPE || errno == ECONNREFUSED ? NO_STORE_HINT : NULL;

    return pxl_fail(p, call, errno, hint, "%s %s in the store", call + strlen("store "), path);
}

int store_open(struct pxl *p)
{
    return wire_open(&p->wire) ? pxl_fail(p, "connect to the store", errno, NO_STORE_HINT, "reach the store") : 0;
}

int store_watch(struct pxl *p, struct wire *w, const char *path)
{
    return wire_watch(w, path) ? failed(p, "store watch", path) : 0;
}

/* ---- requests: one, or queued ---- */

static const char *name_of(uint32_t type)
{
    switch (type) {
    case XS_WRITE: return "store write";
    case XS_READ: return "store read";
    case XS_RM: return "store remove";
    case XS_MKDIR: return "store mkdir";
    case XS_SET_PERMS: return "store set_permissions";
    case XS_DIRECTORY: return "store directory";
    case XS_INTRODUCE: return "store introduce";
    case XS_TRANSACTION_START: return "store transaction_start";
    default: return "store transaction_end";
    }
}

/* The answers to all that is queued; the first that failed is the fault. */
static int replies_take(struct pxl *p)
{
    int rc = 0;

    if (!p->pending)
        return 0;
    if (wire_send(&p->wire))
        rc = failed(p, "store write", "a change");
    for (unsigned i = 0; i < p->pending; i++) {
        struct pending *q = &p->queue[i];
        unsigned size;
        char *reply;

        if (wire_take(&p->wire, &reply, &size) && !rc && !(q->type == XS_RM && errno == ENOENT))
            rc = failed(p, name_of(q->type), q->path);
        free(reply);
        free(q->path);
    }
    p->pending = 0;
    return rc;
}

static int queue(struct pxl *p, uint32_t type, xs_transaction_t t, const char *path, const void *data, size_t n)
{
    if ((p->killing || p->injecting) && (replies_take(p) || step_fails(p)))
        return -1;
    if (p->pending == WINDOW && replies_take(p))
        return -1;
    if (!p->queue)
        p->queue = malloc(WINDOW * sizeof(*p->queue));
    if (!p->queue || wire_put(&p->wire, type, t, path, data, n))
        return failed(p, name_of(type), path);
    p->queue[p->pending++] = (struct pending){type, strdup(path)};
    return p->batch ? 0 : replies_take(p);
}

/* One question, after all that is queued. Its answer malloc'ed, or NULL with errno and no fault. */
static char *ask(struct pxl *p, uint32_t type, xs_transaction_t t, const char *path, const void *data, size_t n, unsigned *size)
{
    char *reply;
    unsigned unused;

    if (replies_take(p)) {
        errno = EIO;
        return NULL;
    }
    if (wire_put(&p->wire, type, t, path, data, n) || wire_send(&p->wire) ||
        wire_take(&p->wire, &reply, size ? size : &unused))
        return NULL;
    return reply;
}

void store_batch(struct pxl *p)
{
    p->batch = true;
}

int store_batch_end(struct pxl *p)
{
    p->batch = false;
    return replies_take(p);
}

/* ---- the operations ---- */

#define PATH_FROM(path, format)                        \
    do {                                               \
        va_list ap_;                                   \
        va_start(ap_, format);                         \
        vsnprintf(path, sizeof(path), format, ap_);    \
        va_end(ap_);                                   \
    } while (0)

int store_write(struct pxl *p, xs_transaction_t t, const char *value, const char *format, ...)
{
    char path[PATH];

    PATH_FROM(path, format);
    return queue(p, XS_WRITE, t, path, value, strlen(value));
}

char *store_read(struct pxl *p, xs_transaction_t t, const char *format, ...)
{
    char path[PATH], *text;

    PATH_FROM(path, format);
    text = ask(p, XS_READ, t, path, NULL, 0, NULL);
    if (!text && errno != ENOENT && !p->fault)
        failed(p, "store read", path);
    return text;
}

int store_remove(struct pxl *p, xs_transaction_t t, const char *format, ...)
{
    char path[PATH];

    PATH_FROM(path, format);
    return queue(p, XS_RM, t, path, NULL, 0);
}

int store_own(struct pxl *p, xs_transaction_t t, const char *path, uint32_t owner, int reader)
{
    char perms[32];
    int n = snprintf(perms, sizeof(perms), "n%u", owner) + 1;

    if (reader >= 0)
        n += snprintf(perms + n, sizeof(perms) - (size_t)n, "r%d", reader) + 1;
    return queue(p, XS_SET_PERMS, t, path, perms, (size_t)n);
}

int store_mkdir(struct pxl *p, xs_transaction_t t, const char *path, uint32_t owner, int reader)
{
    return queue(p, XS_MKDIR, t, path, NULL, 0) || store_own(p, t, path, owner, reader) ? -1 : 0;
}

int store_introduce(struct pxl *p, uint32_t domid, uint64_t mfn, uint32_t port)
{
    char id[16], rest[48], *reply;
    int n;

    snprintf(id, sizeof(id), "%u", domid);
    n = snprintf(rest, sizeof(rest), "%lu", mfn) + 1;
    n += snprintf(rest + n, sizeof(rest) - (size_t)n, "%u", port) + 1;
    if (step(p))
        return -1;
    reply = ask(p, XS_INTRODUCE, 0, id, rest, (size_t)n, NULL);
    if (!reply)
        return p->fault ? -1 : failed(p, "store introduce", id);
    free(reply);
    return 0;
}

int store_quota(struct pxl *p, uint32_t domid, uint32_t nodes)
{
    char text[48], *reply;
    int n = snprintf(text, sizeof(text), "%u nodes %u", domid, nodes) + 1;

    reply = ask(p, XS_CONTROL, 0, "quota", text, (size_t)n, NULL);
    if (!reply)
        return p->fault ? -1 : errno == EINVAL || errno == ENOENT || errno == ENOSYS ? 1 : failed(p, "store control", "the quota");
    free(reply);
    return 0;
}

/* A long one comes in parts, which libxenstore puts together. */
static char **list_long(const char *path, unsigned *n)
{
    struct xs_handle *xs = xs_open(0);
    char **list = xs ? xs_directory(xs, XBT_NULL, path, n) : NULL;

    if (xs)
        xs_close(xs);
    return list;
}

char **store_list(struct pxl *p, const char *path, unsigned *n)
{
    unsigned size = 0, at = 0;
    char *names = ask(p, XS_DIRECTORY, 0, path, NULL, 0, &size), **list, *text;

    *n = 0;
    if (!names && errno == E2BIG)
        return list_long(path, n);
    if (!names)
        return NULL;
    for (unsigned i = 0; i < size; i++)
        *n += !names[i];
    list = malloc((*n + 1) * sizeof(*list) + size);
    if (list) {
        text = memcpy(list + *n + 1, names, size);
        for (unsigned i = 0; i < *n; i++, at += (unsigned)strlen(text + at) + 1)
            list[i] = text + at;
        list[*n] = NULL;
    }
    free(names);
    return list;
}

int store_read_many(struct pxl *p, unsigned n, void (*path_of)(void *arg, unsigned i, char *path, size_t size),
                    void (*value)(void *arg, unsigned i, char *text), void *arg)
{
    char path[PATH];

    if (replies_take(p))
        return -1;
    for (unsigned first = 0; first < n; first += WINDOW) {
        unsigned last = n - first < WINDOW ? n : first + WINDOW;

        for (unsigned i = first; i < last; i++) {
            path_of(arg, i, path, sizeof(path));
            if (wire_put(&p->wire, XS_READ, 0, path, NULL, 0))
                return failed(p, "store read", path);
        }
        if (wire_send(&p->wire))
            return failed(p, "store read", path);
        for (unsigned i = first; i < last; i++) {
            unsigned size;
            char *text;

            if (wire_take(&p->wire, &text, &size) && p->wire.fd < 0)
                return failed(p, "store read", "many names");
            value(arg, i, text);
            free(text);
        }
    }
    return 0;
}

/* A reply's lines; the last child in `after`, empty at the end. */
static void values_take(char *text, char *after, size_t size, void (*value)(void *arg, const char *child, const char *text),
                        void *arg)
{
    const char *last = "";
    char *next, *space;
    bool more = false;

    for (char *line = text; *line; line = next) {
        next = line + strcspn(line, "\n");
        next += *next ? (*next = 0, 1) : 0;
        more = !strcmp(line, "+");
        space = strchr(line, ' ');
        if (more || !space)
            continue;
        *space = 0;
        value(arg, line, space + 1);
        last = line;
    }
    snprintf(after, size, "%s", more ? last : "");
}

int store_values(struct pxl *p, const char *path, const char *leaf, void (*value)(void *arg, const char *child, const char *text),
                 void *arg)
{
    char rest[PATH], after[64] = "", *reply;
    int n;

    do {
        n = snprintf(rest, sizeof(rest), "%s", path) + 1;
        n += snprintf(rest + n, sizeof(rest) - (size_t)n, "%s", leaf) + 1;
        n += snprintf(rest + n, sizeof(rest) - (size_t)n, "%s", after) + 1;
        reply = ask(p, XS_CONTROL, 0, "values", rest, (size_t)n, NULL);
        if (!reply)
            return 1; /* another store, or the list changed on the way */
        values_take(reply, after, sizeof(after), value, arg);
        free(reply);
    } while (*after);
    return 0;
}

/* ---- transactions ---- */

static int transaction_end(struct pxl *p, xs_transaction_t t, bool keep)
{
    char *reply = ask(p, XS_TRANSACTION_END, t, keep ? "T" : "F", NULL, 0, NULL);

    free(reply);
    return reply ? 0 : -1;
}

int store_change(struct pxl *p, int (*change)(struct pxl *p, xs_transaction_t t, void *arg), void *arg)
{
    for (;;) {
        char *id = ask(p, XS_TRANSACTION_START, 0, "", NULL, 0, NULL);
        xs_transaction_t t = id ? (xs_transaction_t)strtoul(id, NULL, 10) : 0;
        int rc;

        free(id);
        if (!id)
            return p->fault ? -1 : failed(p, "store transaction_start", "a change");
        store_batch(p);
        rc = change(p, t, arg);
        if (store_batch_end(p) || rc) {
            transaction_end(p, t, false);
            return -1;
        }
        if (!transaction_end(p, t, true))
            return 0;
        if (errno != EAGAIN)
            return failed(p, "store transaction_end", "a change");
    }
}
