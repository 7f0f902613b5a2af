/* SPDX-License-Identifier: MIT */
/*
 * The guests and their consoles.
 *
 * A guest is taken (its page mapped, its port bound), is served for as long as it lives, and ends when the hypervisor says that it
 * is dying or gone: what is in the ring then is read first, for the mapping keeps the page. What it printed last stays among the
 * dead, of which the newest GUESTS_DEAD are kept.
 *
 *   taken --first turn: name, pseudo-terminal--> served --dying--> dead
 *                                                   \--impossible index--> cut off (still served to readers) --dying--> dead
 *
 * 1. A guest's event stays masked from its arrival until its ring was empty: events of a guest that floods cost one system call.
 * 2. Guests with work wait in one line and get one ring of bytes a turn; who printed more than its share of a period waits for the
 *    next period, and meanwhile its ring is full: it slows only itself.
 * 3. Nobody who reads a console (terminal, clients, log) can stop its guest.
 */
#ifndef CONSOLE_GUEST_H
#define CONSOLE_GUEST_H

#include "history.h"
#include "hv.h"
#include "loop.h"
#include "ring.h"
#include <sys/queue.h>

#define NR_DOMIDS 0x7ff0u
#define GUEST_NAME 96
#define UUID_TEXT 37
#define GUESTS_DEAD 64

struct client;

struct guest {
    struct source terminal; /* first: the pseudo-terminal's events */
    unsigned id;
    uint8_t uuid[UUID_BYTES];
    char name[GUEST_NAME];
    struct console_ring ring;
    bool by_grant;          /* how its page was mapped */
    bool named;             /* had its first turn */
    bool cut_off, log_failed;
    bool shutdown;          /* as of the last look at all domains */
    bool masked;            /* its event came, and waits for the ring to be empty */
    bool waiting, delayed;  /* on the list of those with work; of those that used up their share */
    int port;
    int master, slave;      /* pseudo-terminal, or -1 */
    uint64_t shown;         /* the terminal's position */
    bool terminal_full;     /* until it can be written to again */
    bool typing_waits;      /* it had no room for what was typed */
    struct history *history;
    char *log_path;         /* NULL: none */
    uint64_t period;        /* of its share */
    size_t printed;         /* in that period */
    unsigned generation;    /* of the last look at all domains that saw it */
    TAILQ_HEAD(, client) clients;
    TAILQ_ENTRY(guest) all, turn;
};

struct dead {
    unsigned id;
    uint8_t uuid[UUID_BYTES];
    char name[GUEST_NAME];
    struct history *history;
    TAILQ_ENTRY(dead) all;
};

TAILQ_HEAD(guest_list, guest);
TAILQ_HEAD(dead_list, dead);
extern struct guest_list guests;
extern struct dead_list dead; /* newest first */

int guests_open(void);                        /* 0 or -1: errno */
struct guest *guest_of(unsigned id);
struct guest *guest_named(const char *key);   /* by number, name or UUID */
struct dead *dead_named(const char *key);
/* Takes the console of a domain that lives, if nobody has yet. port and frame 0: the store says them. 0 or errno. */
int guest_take(unsigned id, uint64_t frame, uint32_t port);
/* Looks at all domains: takes the new ones, ends the dead ones. */
void guests_scan(void);
#define GUESTS_WATCH "console" /* token of the watches of guests that have no console yet */
void guests_watch_event(const char *path);
/* The store is new: it is told the names of the terminals and the watches. */
void guests_store_new(void);
/* Calls `news` when the hypervisor's log has some. 0 or -1: errno. */
int guests_log_events(void (*news)(void));
/* Turns of those with work, a bounded number. How long the loop may sleep: 0, -1 (nothing to do) or milliseconds. */
int guests_serve(void);
/* Bytes to type: how many were taken; 0: not now, and its clients' guest_room() is called when that changes. */
size_t guest_type(struct guest *g, const char *data, size_t n);
size_t guest_room(struct guest *g);
void uuid_print(char out[UUID_TEXT], const uint8_t uuid[UUID_BYTES]);

/* Between guest.c, life.c and scan.c. */
int guest_connect(const struct hv_domain *d, uint64_t frame, uint32_t port); /* 0 or errno */
void guest_end(struct guest *g);
void guest_wait(struct guest *g);             /* for a turn */
void guest_leave(struct guest *g);            /* no turn any more */
void guest_begin(struct guest *g, bool alive); /* name, log; and, alive, its terminal */
bool guest_drain(struct guest *g);            /* reads one ring of bytes; false: there was nothing */
void guests_publish(void);                    /* writes all terminals' names to the store */
void guest_notify(struct guest *g);
void guest_unmask(struct guest *g);

#endif
