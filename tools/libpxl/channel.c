/* SPDX-License-Identifier: MIT */
/* channel=: a second console of a guest, for its programs; pxbackd has Dom0's end. */
#include "config.h"
#include "device.h"
#include <errno.h>
#include <string.h>

static const char *value_of(const struct pxl_strings *channel, const char *key)
{
    size_t n = strlen(key);

    for (unsigned i = 0; i < channel->n; i++)
        if (!strncmp(channel->s[i], key, n) && channel->s[i][n] == '=')
            return channel->s[i] + n + 1;
    return NULL;
}

int channel_keys(struct device *d, xs_transaction_t t)
{
    const char *connection = value_of(d->channel, "connection"), *path = value_of(d->channel, "path"), *name = value_of(d->channel, "name");

    return device_back(d, t, "connection", connection) || (path && device_back(d, t, "path", path)) ||
                   (name && (device_back(d, t, "name", name) || device_front_key(d, t, "name", name))) ||
                   device_back(d, t, "protocol", "vt100") || device_front_key(d, t, "type", "pxbackd") ||
                   device_front_key(d, t, "output", connection) || device_front_key(d, t, "limit", "1048576")
               ? -1
               : 0;
}
