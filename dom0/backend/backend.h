/* SPDX-License-Identifier: MIT */
/*
 * What the core of pxbackd and its kinds of devices say to each other. The core (xenbus.c) owns the store's side of each device:
 *
 *             open()                connect()               disconnect() ... device_settled()
 *   FOUND ------------> WAITING ---------------> SERVED ----------------> LEAVING -----> WAITING, or close() and FOUND or freed
 *   (Initialising)      (InitWait)               (Connected)              (Closing)      (InitWait)   (Closed)
 *
 * 1. A kind is called for one device at a time, in this order; connect() and disconnect() any number of times between open() and
 *    close(). After disconnect() the kind says device_settled(), at once or later, when nothing of the guest is in use any more
 *    (grants unmapped, ports unbound); until then no other call but changed() comes.
 * 2. A device that was Connected when pxbackd started has `takeover` set in open() and the first connect(): the guest knows
 *    nothing of the change and must not find out. A kind that cannot go on fails connect().
 * 3. All that a guest writes (its state, its keys, rings) may be anything at any time. A kind reads a key or a shared field once,
 *    checks it, and reports what cannot be with device_fail().
 * 4. One thread: a call may not wait. Per call a bounded amount of work; the rest in round().
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xenbus.h>
#include <sys/queue.h>

#define BACKEND_DIRECTORY "/run/pxl/backend" /* the lock, and what outlives a restart */

enum device_phase { DEVICE_FOUND, DEVICE_WAITING, DEVICE_SERVED, DEVICE_LEAVING };

struct device {
    const struct kind *kind;
    unsigned domid, id;
    char back[80], front[80]; /* folders in the store; front: "" until it is known */
    enum device_phase phase;
    enum xenbus_state state;  /* as it stands in the store */
    bool takeover;
    bool gone;                /* its folder is: it is closed as soon as it settled */
    bool failed;              /* not tried again until the front end begins anew or a key changes */
    void *data;               /* the kind's */
    /* the core's: */
    bool dead;                /* its guest is */
    bool queued, watched;
    enum xenbus_state front_state; /* as it was last seen */
    TAILQ_ENTRY(device) all, turn;
};

struct kind {
    const char *name;               /* the folder: backend/NAME/DOMID/ID */
    const char *const *keys;        /* of the back end's folder, of which changed() wants to know; ends with NULL */
    int (*start)(void);             /* when the daemon starts; 0 or errno */
    int (*open)(struct device *d);  /* read the configuration, write features. 0, or errno after device_fail() */
    int (*connect)(struct device *d);   /* map rings, bind ports, write properties; the same, and EAGAIN: after device_again() */
    void (*disconnect)(struct device *d);
    void (*close)(struct device *d);    /* frees d->data */
    void (*changed)(struct device *d, const char *key); /* key: NULL at SIGHUP */
    bool (*round)(void);            /* at the end of each round of events: true if there is more to do at once */
    void (*stop)(void);             /* the daemon ends, devices stay as they are for the next one */
};

extern const struct kind block_kind, network_kind, channel_kind;

/* ---- devices (xenbus.c) ---- */
void device_settled(struct device *d);
void device_again(struct device *d);  /* a turn, for a connect() that could not yet */
/* Says why, once in the log and in the store (hotplug-error and Dom0's error folder). The device goes to Closed where it may. */
void device_fail(struct device *d, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same, and a device that is connected is disconnected: what its guest did cannot be. */
void device_kill(struct device *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void device_announce(struct device *d); /* writes the state Connected again: the front end reads the properties anew */
const char *device_name(const struct device *d); /* "qdisk 3/51712", for logs; good until the next call */

/* ---- keys of a device; `front` chooses the folder (store.c) ---- */
char *key_read(struct device *d, bool front, const char *key); /* malloc'ed; NULL: none */
/* A decimal number of at most max: true. Nothing there is `without`; what is no such number: false. */
bool key_number(struct device *d, bool front, const char *key, uint64_t without, uint64_t max, uint64_t *value);
bool key_write(struct device *d, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
void key_remove(struct device *d, const char *key);

/* ---- event channels (ports.c): one handle, one descriptor in the loop ---- */
struct port {
    void (*event)(struct port *p); /* the port is masked from then on until port_unmask() */
    int local;                     /* -1: not bound */
};

int ports_open(void);
int port_bind(struct port *p, unsigned domid, uint32_t remote); /* 0 or errno */
void port_unbind(struct port *p);
void port_unmask(struct port *p);  /* collected, and done at the round's end */
void port_notify(struct port *p);
/* By one system call; give: others have the processor before it returns, if they want it. */
enum { PORTS_NOTIFIED = 2 };
void ports_notify(struct port *const *p, unsigned n, bool give);
void ports_round(void);

/* ---- grants (grants.c): one handle ---- */
struct xengnttab_grant_copy_segment;
int grants_open(void);
void *grants_map(unsigned domid, const uint32_t *refs, unsigned n, bool write); /* NULL: errno */
void grants_unmap(void *at, unsigned n);
/* Memory that is good for copies, page by page; NULL: none. */
void *grants_area(size_t bytes);
void grants_area_free(void *at, size_t bytes);
int grants_copy(struct xengnttab_grant_copy_segment *s, unsigned n); /* each has its status; 0 or errno: none was done */

#endif
