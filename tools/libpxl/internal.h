/* SPDX-License-Identifier: MIT */
/* Inside of libpxl: the connection, and the hypervisor's operations. */
#ifndef PXL_INTERNAL_H
#define PXL_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define __XEN_TOOLS__ 1
#include "pxl.h"
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sysctl.h>
#include <xencall.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include "wire.h"
#include <time.h>

/* For how long something may take: of the clock that nobody sets. */
static inline int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Memory that hypercalls may read and write; arguments are made in its parts. */
#define BOUNCE_BYTES (64u << 10) /* the kernel clears all of it at each start */
#define PXL_RUN "/run/pxl" /* saved configurations: DOMID.json */

struct pxl {
    xencall_handle *call;
    xenforeignmemory_handle *memory;
    struct wire wire;               /* the store */
    struct pending {
        uint32_t type;
        char *path;
    } *queue;                       /* requests that were put and not answered yet */
    unsigned pending;
    bool batch;                     /* changes are only queued */
    struct bounce {
        xen_domctl_t domctl;
        xen_sysctl_t sysctl;
        char argument[4096];
        char array[BOUNCE_BYTES - 4096 - sizeof(xen_domctl_t) - sizeof(xen_sysctl_t)];
    } *bounce;
    struct pxl_fault *fault;
    unsigned flags;
    bool killing, injecting;        /* step(), below: from the start; while something is made or changed */
    unsigned nr_cpus;               /* 0: not asked yet */
    uint32_t capabilities;          /* XEN_SYSCTL_PHYSCAP_* */
    void (*log)(void *arg, int level, const char *message);
    void *log_arg;
};

/* A step that is about to change something: PXL_KILL_AT=N in the environment ends the process at the N-th of them, in any command
 * and in the keeper; PXL_FAIL_AT=N makes it fail (true) in a creation. For tests. */
bool step_fails(struct pxl *p);

static inline bool step(struct pxl *p)
{
    return (p->killing || p->injecting) && step_fails(p);
}

void pxl_log(struct pxl *p, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
void fault_clear(struct pxl *p);

/* ---- the hypervisor (hv.c) ---- */

/* The zeroed argument for command cmd on a domain; then run it. 0, or -1 with a fault named "domctl NAME". */
xen_domctl_t *domctl_new(struct pxl *p, uint32_t cmd, uint32_t domid);
int domctl_run(struct pxl *p, const char *name);
xen_sysctl_t *sysctl_new(struct pxl *p, uint32_t cmd);
int sysctl_run(struct pxl *p, const char *name);
/* Copies the argument in and out. The result (>= 0), or -1. */
int memory_op(struct pxl *p, unsigned cmd, void *argument, size_t size, const char *name);
int evtchn_op(struct pxl *p, unsigned cmd, void *argument, size_t size, const char *name);
int mmuext_op(struct pxl *p, struct mmuext_op *op, uint32_t domid, const char *name);
/* `size` bytes that the hypervisor may use, good until the next call; NULL when that is too much. */
void *bounce_array(struct pxl *p, size_t size);
int hv_domaininfo(struct pxl *p, uint32_t domid, xen_domctl_getdomaininfo_t *info); /* exactly this one: ESRCH */
/* The next HV_LIST_MAX domains at most, from number `first` on: how many, or -1. */
#define HV_LIST_MAX 256
int hv_list(struct pxl *p, uint32_t first, xen_domctl_getdomaininfo_t *out);
int hv_host(struct pxl *p);         /* fills nr_cpus, capabilities */
void uuid_print(char out[37], const uint8_t u[16]);
void uuid_make(uint8_t u[16]);

/* ---- building (build.c) ---- */

struct build {
    uint32_t domid;
    const struct pxl_image *image;
    const char *ramdisk, *cmdline;
    uint64_t nr_pages, max_pages;
    unsigned vcpus;
    uint32_t store_port, console_port;
    /* out */
    uint64_t store_mfn, console_mfn;
};

int build_domain(struct pxl *p, struct build *b);

/* What build.c needs of an image. */
struct kernel_plan;
const struct kernel_plan *image_plan(const struct pxl_image *i);
const uint8_t *image_bytes(const struct pxl_image *i);
extern const char *image_cache;     /* the folder; tests have their own */

/* A configuration as a file: whole, or as it was before (life.c). */
int config_store(struct pxl *p, const char *path, const struct pxl_config *c);

/* ---- the store (store.c) ---- */

int store_open(struct pxl *p);
/* Watches one more path; w begins as {.fd = -1} and ends by wire_close(). */
int store_watch(struct pxl *p, struct wire *w, const char *path);

/* Between these two, changes are only queued, and sent together: a fault of one of them comes from store_batch_end(), or
 * from a read in between, which sends them first. */
void store_batch(struct pxl *p);
int store_batch_end(struct pxl *p);

int store_write(struct pxl *p, xs_transaction_t t, const char *value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* malloc'ed text, or NULL (no fault is made when it is just not there: errno ENOENT). */
char *store_read(struct pxl *p, xs_transaction_t t, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What is not there is removed already. */
int store_remove(struct pxl *p, xs_transaction_t t, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Owner `owner`, and if reader >= 0 that domain may read. */
int store_mkdir(struct pxl *p, xs_transaction_t t, const char *path, uint32_t owner, int reader);
int store_own(struct pxl *p, xs_transaction_t t, const char *path, uint32_t owner, int reader); /* of what is there */
int store_introduce(struct pxl *p, uint32_t domid, uint64_t mfn, uint32_t port);
/* How many nodes the domain may own: 0, or -1 with a fault; 1: this store has one quota for all. */
int store_quota(struct pxl *p, uint32_t domid, uint32_t nodes);
/* The names below path in one block from malloc, or NULL and *n 0. */
char **store_list(struct pxl *p, const char *path, unsigned *n);
/* Reads n paths with few round trips; value() gets NULL for what is not there. */
int store_read_many(struct pxl *p, unsigned n, void (*path_of)(void *arg, unsigned i, char *path, size_t size),
                    void (*value)(void *arg, unsigned i, char *text), void *arg);
/* `leaf` of each child of path, with a few requests for a thousand. 1: the store does not know that request; values that have
 * line ends are left out. */
int store_values(struct pxl *p, const char *path, const char *leaf, void (*value)(void *arg, const char *child, const char *text),
                 void *arg);
/* The whole of `change`, as a batch, in one transaction, again as long as others disturb it. */
int store_change(struct pxl *p, int (*change)(struct pxl *p, xs_transaction_t t, void *arg), void *arg);

#endif
