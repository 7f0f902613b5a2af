/* SPDX-License-Identifier: MIT */
/*
 * The keeper: one process for all domains. It hears from the store that domains came or ended, looks which, and does what
 * the kept configuration of one that ended says (on_poweroff=, on_reboot=, on_crash=, on_watchdog=). It keeps the index of names
 * for the domains that other tools made, and clears away what is left of those that are gone or half made.
 *
 * It holds /run/pxl/keeper locked while it lives, and has written "ready" there once the index knows all domains. All it
 * knows besides is in the store and in /run/pxl: it may be killed and started again at any time (again.h). LIMIT: the
 * count of restarts in a row begins anew then.
 */
#include "again.h"
#include "config.h"
#include "ended.h"
#include "names.h"
#include "qemu.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xen/sched.h>

#define LOCK PXL_RUN "/keeper"
#define LOG_LARGEST (256 << 10)
#define GATHER_MS 10       /* what ends together is looked at together */
#define LIFE_LEAST_MS 1000 /* a domain that ends sooner is started again only then */
#define STORE_RETRY_MS 200
#define SWEEP_MS 20000
#define QUICK_MS 5000u     /* one that ends sooner, so many times in a row, is not started again */
#define QUICK_MOST 5u

struct kept {
    uint32_t domid;
    uint8_t uuid[16];
    char name[64];
    int64_t seen, due;     /* ms; due 0: nothing is to be done */
    unsigned quick;        /* how many in a row, of those that follow each other, ended soon */
    bool present, ended, indexed;
};

struct keeper {
    struct pxl *p;
    struct kept *list;     /* by domid */
    unsigned n, room;
    bool retry;
    struct wire watch;
};

static volatile sig_atomic_t asked_to_end;

static void on_signal(int s)
{
    (void)s;
    asked_to_end = 1;
}

static void say(struct keeper *k, const struct kept *d, const char *what)
{
    pxl_log(k->p, 0, "%ld: domain %u (%s): %s", (long)time(NULL), d->domid, d->name, what);
}

static void say_fault(struct keeper *k, const struct kept *d, const char *what)
{
    say(k, d, what);
    for (const struct pxl_fault *f = pxl_fault(k->p); f; f = f->cause)
        pxl_log(k->p, 0, "  %s: %s%s%s", f->what, f->call ? f->call : "", f->call ? ": " : "", f->why ? f->why : "");
}

/* ---- the list ---- */

/* Where domid is, or belongs. */
static unsigned place(const struct keeper *k, uint32_t domid)
{
    unsigned low = 0, high = k->n;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (k->list[middle].domid < domid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void drop(struct keeper *k, unsigned i)
{
    memmove(&k->list[i], &k->list[i + 1], (--k->n - i) * sizeof(*k->list));
}

static struct kept *insert(struct keeper *k, unsigned i)
{
    if (k->n == k->room) {
        k->room = k->room ? k->room * 2 : 64;
        k->list = realloc(k->list, k->room * sizeof(*k->list));
        if (!k->list)
            abort();
    }
    memmove(&k->list[i + 1], &k->list[i], (k->n++ - i) * sizeof(*k->list));
    k->list[i] = (struct kept){0};
    return &k->list[i];
}

/* ---- one that came ---- */

static int index_it(struct pxl *p, xs_transaction_t t, void *arg)
{
    const struct kept *d = arg;

    return names_take(p, t, d->name, d->domid);
}

static bool has_config(uint32_t domid)
{
    char path[64];

    snprintf(path, sizeof(path), PXL_RUN "/%u.json", domid);
    return !access(path, F_OK);
}

static void name_read(struct keeper *k, struct kept *d)
{
    char *name = store_read(k->p, XBT_NULL, "/local/domain/%u/name", d->domid);

    if (name)
        snprintf(d->name, sizeof(d->name), "%s", name);
    free(name);
}

/* What pxl makes is in the index before it is in the store; another tool may not have written the name yet. */
static void index_once(struct keeper *k, struct kept *d)
{
    d->indexed = has_config(d->domid);
    if (d->indexed)
        return;
    name_read(k, d);
    if (!*d->name) {
        k->retry = true;
        return;
    }
    d->indexed = true;
    if (store_change(k->p, index_it, d))
        say_fault(k, d, "cannot index its name");
}

/* ---- one that ended ---- */

static enum pxl_action action_of(const struct pxl_config *c, int reason)
{
    switch (reason) {
    case SHUTDOWN_poweroff: return c->on_poweroff;
    case SHUTDOWN_reboot: return c->on_reboot;
    case SHUTDOWN_watchdog: return c->on_watchdog;
    case SHUTDOWN_soft_reset: return c->on_soft_reset;
    case SHUTDOWN_suspend: return PXL_PRESERVE;
    default: return c->on_crash;
    }
}

static void restart(struct keeper *k, struct kept *d, const struct pxl_config *c)
{
    const struct pxl_create_options o = {.quiet = true};
    struct kept *next;
    uint32_t domid;
    unsigned i;

    if (pxl_create(k->p, c, &o, &domid)) {
        say_fault(k, d, "cannot start it again");
        return;
    }
    pxl_log(k->p, 0, "%ld: domain %u (%s) follows domain %u", (long)time(NULL), domid, c->name, d->domid);
    i = place(k, domid);
    if (i < k->n && k->list[i].domid == domid)
        drop(k, i);
    next = insert(k, i);
    *next = (struct kept){.domid = domid, .quick = d->quick, .seen = now_ms()};
    memcpy(next->uuid, c->uuid, sizeof(next->uuid));
}

/* The old one stays for inspection, and is nobody's business any more. */
static void retire(struct keeper *k, struct kept *d)
{
    struct pxl_config c;

    pxl_config_init(&c);
    if (!pxl_domain_config(k->p, d->domid, &c)) {
        c.on_poweroff = c.on_reboot = c.on_crash = c.on_watchdog = c.on_soft_reset = PXL_PRESERVE;
        if (pxl_domain_config_set(k->p, d->domid, &c))
            say_fault(k, d, "cannot note that it stays");
    }
    pxl_config_free(&c);
}

/* The old one under another name; the new one is another machine, with a UUID of its own. */
static bool rename_old(struct keeper *k, struct kept *d, const struct pxl_config *c)
{
    char name[80], stamp[24];
    time_t t = time(NULL);
    struct tm tm;

    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&t, &tm));
    snprintf(name, sizeof(name), "%.44s-%s", c->name, stamp);
    if (pxl_rename(k->p, d->domid, name)) {
        say_fault(k, d, "cannot rename it");
        return false;
    }
    snprintf(d->name, sizeof(d->name), "%.63s", name);
    retire(k, d);
    return true;
}

static bool destroy_old(struct keeper *k, struct kept *d)
{
    if (!pxl_destroy(k->p, d->domid))
        return true;
    say_fault(k, d, "cannot destroy it"); /* who ended it meanwhile did not want it back */
    return false;
}

static void follow(struct keeper *k, struct kept *d, struct pxl_config *c, bool renaming)
{
    if (renaming || !c->uuid_set)
        uuid_make(c->uuid);
    c->uuid_set = true;
    if (again_note(k->p, d->domid, c))
        say_fault(k, d, "cannot note what follows it");
    if (renaming ? rename_old(k, d, c) : destroy_old(k, d))
        restart(k, d, c);
    again_done(d->domid);
}

/* What a keeper that was killed had begun. */
static void follow_now(void *arg, uint32_t old, bool renamed, struct pxl_config *c)
{
    struct keeper *k = arg;
    struct kept d = {.domid = old};

    snprintf(d.name, sizeof(d.name), "%s", c->name);
    if (renamed)
        retire(k, &d);
    restart(k, &d, c);
}

static const char *const action_names[] = {"destroy", "restart", "rename-restart", "preserve", "destroy", "restart", "destroy"};

static bool restarts(enum pxl_action a)
{
    return a == PXL_RESTART || a == PXL_RENAME_RESTART || a == PXL_COREDUMP_RESTART;
}

static void act(struct keeper *k, struct kept *d, int reason, enum pxl_action a, struct pxl_config *c)
{
    struct pxl_ended last;

    /* LIMIT: no core is written, and a soft reset needs what PV guests do not have; both are said in the log. */
    if (a == PXL_COREDUMP_DESTROY || a == PXL_COREDUMP_RESTART || a == PXL_SOFT_RESET)
        say(k, d, "core dumps and soft resets there are not: doing without");
    say(k, d, action_names[a]);
    if (restarts(a) && d->quick >= QUICK_MOST) {
        pxl_log(k->p, 0, "%ld: domain %u (%s) and %u before it ended within %u s of their start: not started again",
                (long)time(NULL), d->domid, d->name, QUICK_MOST - 1, QUICK_MS / 1000);
        ended_note(d->domid, d->name, reason, "not-restarted");
        retire(k, d);
    } else if (restarts(a)) {
        follow(k, d, c, a == PXL_RENAME_RESTART);
    } else if (a != PXL_PRESERVE) {
        destroy_old(k, d);
    } else if (pxl_ended(k->p, d->name, &last) || last.domid != d->domid) { /* else an earlier keeper noted it */
        ended_note(d->domid, d->name, reason, "preserved");
    }
}

static void ended(struct keeper *k, struct kept *d)
{
    int64_t earliest = d->seen + LIFE_LEAST_MS;
    struct kept copy = *d; /* the list may move while a new domain is made */
    xen_domctl_getdomaininfo_t info;
    struct pxl_config c;
    enum pxl_action a;
    int reason;

    d->due = 0;
    /* It may have been destroyed since, and by now be another. */
    if (hv_domaininfo(k->p, d->domid, &info) || memcmp(info.handle, d->uuid, 16) || !(info.flags & XEN_DOMINF_shutdown) ||
        info.flags & XEN_DOMINF_dying)
        return;
    reason = (int)(info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
    pxl_config_init(&c);
    if (pxl_domain_config(k->p, d->domid, &c)) {
        say_fault(k, d, "cannot read its configuration");
    } else {
        a = action_of(&c, reason);
        if (restarts(a) && now_ms() < earliest)
            d->due = earliest;
        else
            act(k, &copy, reason, a, &c);
    }
    pxl_config_free(&c);
}

/* ---- looking ---- */

static void look_at(struct keeper *k, const xen_domctl_getdomaininfo_t *info)
{
    unsigned i = place(k, info->domain);
    struct kept *d;

    if (i < k->n && k->list[i].domid == info->domain && memcmp(k->list[i].uuid, info->handle, 16))
        drop(k, i); /* the number is another domain's now */
    if (i == k->n || k->list[i].domid != info->domain) {
        d = insert(k, i);
        d->domid = info->domain;
        memcpy(d->uuid, info->handle, 16);
        d->seen = now_ms();
    }
    d = &k->list[i];
    d->present = true;
    if (!d->indexed)
        index_once(k, d);
    if (!d->ended && info->flags & XEN_DOMINF_shutdown && !(info->flags & XEN_DOMINF_dying) && has_config(d->domid)) {
        d->ended = true;
        d->due = now_ms();
        d->quick = d->due - d->seen < QUICK_MS ? d->quick + 1 : 0;
        name_read(k, d);
    }
}

static int look(struct keeper *k, uint32_t first)
{
    static xen_domctl_getdomaininfo_t batch[HV_LIST_MAX];
    int n;

    do {
        n = hv_list(k->p, first, batch);
        for (int i = 0; i < n; i++) {
            first = batch[i].domain + 1u;
            if (batch[i].domain)
                look_at(k, &batch[i]);
        }
    } while (n == HV_LIST_MAX);
    return n < 0 ? -1 : 0;
}

/* All of them: what is not there any more is cleared away, whoever ended it. */
static void look_at_all(struct keeper *k)
{
    for (unsigned i = 0; i < k->n; i++)
        k->list[i].present = false;
    if (look(k, 1))
        return;
    for (unsigned i = 0; i < k->n;) {
        struct kept *d = &k->list[i];

        if (d->present) {
            i++;
            continue;
        }
        if (has_config(d->domid)) { /* it was not pxl that ended it */
            ended_note(d->domid, d->name, -1, "gone");
            domain_forget(k->p, d->domid);
        }
        drop(k, i);
    }
}

static int64_t next_due(const struct keeper *k)
{
    int64_t next = k->retry ? now_ms() + LIFE_LEAST_MS : INT64_MAX;

    for (unsigned i = 0; i < k->n; i++)
        if (k->list[i].due && k->list[i].due < next)
            next = k->list[i].due;
    return next;
}

static void do_due(struct keeper *k)
{
    int64_t now = now_ms();

    for (unsigned i = 0; i < k->n; i++)
        if (k->list[i].due && k->list[i].due <= now)
            ended(k, &k->list[i]);
}

static int watch(struct keeper *k)
{
    return store_watch(k->p, &k->watch, "@releaseDomain") || store_watch(k->p, &k->watch, "@introduceDomain") ? -1 : 0;
}

/* What the store tells within the time: 1, or 0 when it tells nothing; did any domain end? What comes together is taken together. */
static int hear(struct keeper *k, int timeout_ms, bool *released)
{
    char path[64];
    int n = wire_event(&k->watch, timeout_ms, path, sizeof(path)), any = n;

    if (n > 0)
        poll(NULL, 0, GATHER_MS);
    for (; n > 0; n = wire_event(&k->watch, 0, path, sizeof(path)))
        *released = *released || !strcmp(path, "@releaseDomain");
    return n < 0 ? -1 : any;
}

/* The store is gone: a daemon that begins anew is waited for, and what ended meanwhile is looked for. */
static void store_again(struct keeper *k)
{
    wire_close(&k->p->wire);
    wire_close(&k->watch);
    while (!asked_to_end && watch(k)) {
        fault_clear(k->p);
        wire_close(&k->watch);
        poll(NULL, 0, STORE_RETRY_MS);
    }
}

static void qemu_gone(void *arg, uint32_t domid, const char *said)
{
    struct keeper *k = arg;

    pxl_log(k->p, 0, "%ld: domain %u: its QEMU has ended, p9= and vfb= do not work any more%s%s", (long)time(NULL), domid,
            *said ? "; its last words: " : "", said);
}

static int serve(struct keeper *k)
{
    int64_t look_next = 0;
    unsigned removed;

    while (!asked_to_end) {
        int64_t next = next_due(k), now = now_ms();
        bool released = k->retry;
        int64_t wait = next <= now ? 0 : next - now;
        int news = hear(k, wait < SWEEP_MS ? (int)wait : SWEEP_MS, &released);

        if (news < 0) {
            store_again(k);
            news = 1;
            released = true;
        }
        if (released || !news) /* who is killed while nothing else happens is found in time */
            pxl_sweep(k->p, &removed);
        k->retry = false;
        if (now_ms() >= look_next) {
            qemu_each_ended(qemu_gone, k);
            look_next = now_ms() + SWEEP_MS;
        }
        if (released)
            look_at_all(k);
        else if (news) /* numbers only grow: what came is behind the last one */
            look(k, k->n ? k->list[k->n - 1].domid + 1 : 1);
        do_due(k);
    }
    return 0;
}

/* ---- the process ---- */

static int lock_open(int flags)
{
    return open(LOCK, flags | O_CLOEXEC, 0600);
}

bool pxl_keeper_ready(void)
{
    int fd = lock_open(O_RDONLY);
    char c = 0;
    bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;

    if (locked && read(fd, &c, 1) != 1)
        c = 0;
    if (fd >= 0)
        close(fd);
    return c == 'r';
}

int pxl_keeper_run(struct pxl *p)
{
    struct keeper k = {.p = p, .watch.fd = -1};
    struct sigaction end = {.sa_handler = on_signal};
    unsigned removed;
    int lock, rc;

    fault_clear(p);
    if (mkdir(PXL_RUN, 0755) && errno != EEXIST)
        return pxl_fail(p, "mkdir", errno, NULL, "make the folder " PXL_RUN);
    lock = lock_open(O_RDWR | O_CREAT);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB)) {
        rc = pxl_fail(p, "flock", errno, NULL, errno == EWOULDBLOCK ? "keep the domains: another keeper does" : "lock " LOCK);
        if (lock >= 0)
            close(lock);
        return rc;
    }
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
    rc = ftruncate(lock, 0);
    if (!rc)
        rc = watch(&k);
    if (!rc) {
        pxl_sweep(p, &removed);
        again_take_over(p, follow_now, &k);
        look_at_all(&k);
        rc = write(lock, "ready\n", 6) == 6 ? serve(&k) : pxl_fail(p, "write", errno, NULL, "write " LOCK);
    }
    free(k.list);
    wire_close(&k.watch);
    close(lock);
    return rc;
}

static void become_daemon(void)
{
    int null = open("/dev/null", O_RDWR), log = open(PXL_RUN "/keeper.log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    struct stat st;

    if (log >= 0 && !fstat(log, &st) && st.st_size > LOG_LARGEST && ftruncate(log, 0))
        _exit(1);
    dup2(null, 0);
    dup2(null, 1);
    dup2(log >= 0 ? log : null, 2);
    close_range(3, ~0u, 0);
    if (chdir("/"))
        _exit(1);
}

int pxl_keeper_start(struct pxl *p)
{
    struct pxl *own;
    pid_t child;

    if (pxl_keeper_ready())
        return 0;
    if (mkdir(PXL_RUN, 0755) && errno != EEXIST)
        return pxl_fail(p, "mkdir", errno, NULL, "start the keeper");
    child = fork();
    if (child < 0)
        return pxl_fail(p, "fork", errno, NULL, "start the keeper");
    if (child) {
        waitpid(child, NULL, 0);
        return 0;
    }
    prctl(PR_SET_NAME, "pxl-keeper");
    setsid();
    if (fork())
        _exit(0);
    become_daemon();
    own = pxl_open(0);
    if (own && !pxl_fault(own))
        pxl_keeper_run(own);
    if (own && pxl_fault(own))
        pxl_fault_print(stderr, pxl_fault(own));
    _exit(0);
}
