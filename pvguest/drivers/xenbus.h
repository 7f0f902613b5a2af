/* SPDX-License-Identifier: MIT */
/*
 * Devices of the split kind, from the front end's side: finding them, and the handshake with the back end,
 * once for all drivers. One thread, made by the first xenbus_register(), does all of it and calls the drivers.
 *
 * A driver says what its devices are called (device/KIND/ID in the store). Each one that is there, or comes later,
 * is offered to it; the back end's folder and domain stand in the device's. From then on
 *
 *   ours          back end          what happens
 *   IDLE          InitWait          publish(): ring and keys, then our state says so        -> PUBLISHED
 *   PUBLISHED     Connected         connect(): the rest of the back end's keys              -> CONNECTED
 *   CONNECTED     Connected again   changed(): the back end has news, a new size say
 *   PUBLISHED, CONNECTED
 *                 Closing, Closed   stop(): nothing more goes to it; our state says Closed  -> CLOSED
 *   CONNECTED     InitWait          it began anew without a word: stop(), release()         -> IDLE
 *   CLOSED        Closed, online    release(): it will be back; our state invites it        -> IDLE
 *   CLOSED        InitWait          release(): it is back                                   -> IDLE
 *   any           its folder or ours is gone: stop(), release(), detach()
 *
 * stop() comes before the back end lets go of our pages, release() after: a grant can only be ended then.
 * What a driver wants to do again after a stop() it keeps; the next connect() is the time for it.
 *
 * A device that breaks the rules is given up by xenbus_fail(): it is stopped and stays CLOSED until it is detached;
 * the reason is printed and stands in `dead` and in the store, where Linux's front ends write theirs.
 */
#ifndef PVGUEST_XENBUS_H
#define PVGUEST_XENBUS_H

#include "store.h"

#include <xen/io/xenbus.h>

struct xenbus_device {
    const struct xenbus_driver *driver;
    struct xenbus_device *next;
    unsigned int id;
    domid_t back_dom;
    enum xenbus_phase { XENBUS_IDLE, XENBUS_PUBLISHED, XENBUS_CONNECTED, XENBUS_CLOSED } phase;
    const char *dead; /* why it was given up; NULL: it was not */
    bool stopped, released;
    bool listed; /* seen in the last listing */
    bool ended;  /* by xenbus_shutdown(), and the back end has closed as well */
    char front[64];
    char back[STORE_PATH_MAX - 64];
    struct store_watch watch; /* of the back end's state */
};

struct xenbus_driver {
    const char *kind;
    enum xenbus_state published; /* Initialised, or Connected where the back end waits for that */
    /* A device with this number, zeroed; NULL: no room for it. */
    struct xenbus_device *(*attach)(unsigned int id);
    /* These return 0, or an error, for which the device is given up. */
    long (*publish)(struct xenbus_device *d);
    long (*connect)(struct xenbus_device *d);
    void (*changed)(struct xenbus_device *d);
    void (*stop)(struct xenbus_device *d);
    void (*release)(struct xenbus_device *d);
    void (*detach)(struct xenbus_device *d);
};

/* 0 or the store's error; for the life of the guest. */
long xenbus_register(const struct xenbus_driver *driver);

/*
 * Before the domain ends: lets go of all devices, those still on their way after they arrived, so that back ends see an
 * orderly end. False: not all of them answered before the deadline. Nothing is found or connected afterwards.
 */
bool xenbus_shutdown(uint64_t deadline);

/* From any thread, also a condition's function; the reason must be a constant. */
void xenbus_fail(struct xenbus_device *d, const char *reason);

/* Keys of the two folders. */
long xenbus_write(struct xenbus_device *d, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
long xenbus_read_back(struct xenbus_device *d, const char *key, char *out, size_t size);
uint64_t xenbus_back_number(struct xenbus_device *d, const char *key, uint64_t otherwise);

/* Reads and takes out of the way a key of ours that a former connection may have left. */
void xenbus_remove(struct xenbus_device *d, const char *key);

#endif
