/* SPDX-License-Identifier: MIT */
#include "path.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xen/io/xs_wire.h>

_Static_assert(PATH_BYTES == XENSTORE_ABS_PATH_MAX + 1, "the protocol's longest path");

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_@"

bool path_name_valid(const char *name)
{
    return *name && !name[strspn(name, NAME_CHARACTERS)];
}

static bool valid(const char *path)
{
    size_t length = strlen(path);

    if (path[strspn(path, NAME_CHARACTERS "/")] || strstr(path, "//"))
        return false;
    return length == 1 || path[length - 1] != '/';
}

bool path_absolute(const char *text, unsigned id, bool special, char out[PATH_BYTES])
{
    size_t length = strlen(text);

    if (text[0] == '@') {
        if (!special || length > XENSTORE_REL_PATH_MAX || !path_name_valid(text))
            return false;
        memcpy(out, text, length + 1);
        return true;
    }
    if (text[0] == '/') {
        unsigned domid;
        int prefix = 0;

        /* The limit holds for what comes after a domain's own folder. */
        if (sscanf(text, "/local/domain/%5u/%n", &domid, &prefix) != 1)
            prefix = 0;
        if (length - (size_t)prefix > XENSTORE_REL_PATH_MAX)
            return false;
        memcpy(out, text, length + 1);
    } else {
        if (!length || length > XENSTORE_REL_PATH_MAX)
            return false;
        snprintf(out, PATH_BYTES, "/local/domain/%u/%s", id, text);
    }
    return valid(out);
}

size_t path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == path ? 1 : (size_t)(slash - path);
}
