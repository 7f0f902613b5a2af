/* SPDX-License-Identifier: MIT */
/* channel=: a second console of a guest, for its programs; pxbackd has Dom0's end. */
#include "config.h"
#include "device.h"

int channel_keys(struct device *d, xs_transaction_t t)
{
    const char *connection = words_value(d->words, "connection"), *path = words_value(d->words, "path"), *name = words_value(d->words, "name");

    return device_back(d, t, "connection", connection) || (path && device_back(d, t, "path", path)) ||
                   (name && (device_back(d, t, "name", name) || device_front_key(d, t, "name", name))) ||
                   device_back(d, t, "protocol", "vt100") || device_front_key(d, t, "type", "pxbackd") ||
                   device_front_key(d, t, "output", connection) || device_front_key(d, t, "limit", "1048576")
               ? -1
               : 0;
}
