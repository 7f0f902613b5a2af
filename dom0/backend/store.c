/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "store.h"
#include "backend.h"
#include "storelink.h"
#include "xenbus.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned own_domid;

bool store_is_there(void)
{
    return storelink() != NULL;
}

unsigned store_own_domid(void)
{
    return own_domid;
}

static bool begin(void)
{
    char *domid = store_read("domid");

    own_domid = domid ? (unsigned)strtoul(domid, NULL, 10) : 0;
    free(domid);
    return xenbus_store_new();
}

int store_find(void)
{
    return storelink_find(begin, xenbus_event);
}

char *store_read(const char *path)
{
    unsigned n;

    return store_is_there() ? xs_read(storelink(), XBT_NULL, path, &n) : NULL;
}

bool store_has(const char *path)
{
    char *text = store_read(path);
    bool has = text || !store_is_there() || errno != ENOENT;

    free(text);
    return has;
}

bool store_write(const char *path, const char *text)
{
    return store_is_there() && xs_write(storelink(), XBT_NULL, path, text, (unsigned)strlen(text));
}

bool store_write_there(const char *path, const char *text)
{
    while (store_is_there()) {
        xs_transaction_t t = xs_transaction_start(storelink());
        unsigned n;
        char *old = t ? xs_read(storelink(), t, path, &n) : NULL;
        bool good = old && xs_write(storelink(), t, path, text, (unsigned)strlen(text));

        free(old);
        if (!t)
            return false;
        if (xs_transaction_end(storelink(), t, !good))
            return good;
        if (errno != EAGAIN)
            return false;
    }
    return false;
}

void store_remove(const char *path)
{
    if (store_is_there())
        xs_rm(storelink(), XBT_NULL, path);
}

char **store_list(const char *path, unsigned *n)
{
    return store_is_there() ? xs_directory(storelink(), XBT_NULL, path, n) : NULL;
}

bool store_watch(const char *path, const char *token)
{
    return store_is_there() && xs_watch(storelink(), path, token);
}

void store_unwatch(const char *path, const char *token)
{
    if (store_is_there())
        xs_unwatch(storelink(), path, token);
}

/* ---- keys of a device ---- */

static bool key_path(char *path, size_t size, struct device *d, bool front, const char *key)
{
    int n = snprintf(path, size, "%s/%s", front ? d->front : d->back, key);

    return (!front || d->front[0]) && n > 0 && (size_t)n < size;
}

char *key_read(struct device *d, bool front, const char *key)
{
    char path[160];

    return key_path(path, sizeof(path), d, front, key) ? store_read(path) : NULL;
}

bool key_number(struct device *d, bool front, const char *key, uint64_t without, uint64_t max, uint64_t *value)
{
    char *text = key_read(d, front, key), *end;
    bool good = true;

    *value = without;
    if (text) {
        errno = 0;
        *value = strtoull(text, &end, 10);
        good = *text >= '0' && *text <= '9' && !*end && !errno && *value <= max;
    }
    free(text);
    return good;
}

bool key_write(struct device *d, const char *key, const char *format, ...)
{
    char path[160], text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return key_path(path, sizeof(path), d, false, key) && store_write(path, text);
}

void key_remove(struct device *d, const char *key)
{
    char path[160];

    if (key_path(path, sizeof(path), d, false, key))
        store_remove(path);
}
