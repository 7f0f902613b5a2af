/* SPDX-License-Identifier: MIT */
#include "state.h"
#include "domains.h"
#include "log.h"
#include "path.h"
#include "request.h"
#include "ring.h"
#include "sock.h"
#include "watch.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A file is MAGIC and records: type and size as 32-bit numbers, then the data of that size.
 *   DOMAIN  id, introduced, shutdown_seen
 *   NODE    nr of perms, perms (domid, bits), length of the path with NUL, path, value. Parents first.
 *   SPECIAL the same for "@…", without value
 *   CONN    struct conn_record, bytes read so far, bytes to be written
 *   WATCH   depth, relative, path, NUL, token, NUL; of the last CONN, oldest first
 *   TXN     number; of the last CONN
 *   END
 */
#define MAGIC "pxstore2"
enum { DOMAIN = 1, NODE, SPECIAL, CONN, WATCH, TXN, END };

struct domain_record {
    uint32_t id, introduced, shutdown_seen, nodes_most; /* the last is missing in older files */
};

struct conn_record {
    uint32_t id, is_sock, fd, readonly, broken, remote_port;
    int32_t target;
    uint32_t have, out, next_txn;
    uint64_t gfn;
};

struct watch_record {
    int32_t depth;
    uint32_t relative;
};

struct record {
    uint32_t type, size;
};

/* ---- writing ---- */

static void put(FILE *f, uint32_t type, const void *a, size_t na, const void *b, size_t nb, const void *c, size_t nc)
{
    struct record r = {type, (uint32_t)(na + nb + nc)};

    fwrite(&r, sizeof(r), 1, f);
    fwrite(a, 1, na, f);
    fwrite(b, 1, nb, f);
    fwrite(c, 1, nc, f);
}

/* Entries of domains that died are left out; what such a one owned is domain 0's. */
static void put_node(FILE *f, uint32_t type, const struct perms *p, const char *path, const void *value, size_t size)
{
    uint32_t head[2 + 256];
    unsigned n = 0;

    for (unsigned i = 0; i < p->n && n < 256; i++) {
        bool known = domains_known_since(p->p[i].domid, p->stamp);

        if (i == 0 || known)
            head[2 + n++] = (known ? p->p[i].domid : 0u) | (uint32_t)p->p[i].bits << 16;
    }
    head[0] = n;
    head[1] = (uint32_t)strlen(path) + 1;
    put(f, type, head, (2 + n) * sizeof(head[0]), path, head[1], value, size);
}

/* Newest first is how the connection has them. */
static void put_watches(FILE *f, const struct watch *newest)
{
    const struct watch **list;
    size_t n = 0;

    for (const struct watch *w = newest; w; w = w->conn_next)
        n++;
    list = malloc((n + 1) * sizeof(*list));
    if (!list)
        abort();
    n = 0;
    for (const struct watch *w = newest; w; w = w->conn_next)
        list[n++] = w;
    while (n--) {
        struct watch_record wr = {list[n]->depth, list[n]->relative};

        put(f, WATCH, &wr, sizeof(wr), list[n]->path, strlen(list[n]->path) + 1, list[n]->token, strlen(list[n]->token) + 1);
    }
    free(list);
}

static void put_conn(FILE *f, const struct conn *c, bool is_sock)
{
    struct conn_record r = {.id = c->id, .is_sock = is_sock, .readonly = c->readonly, .target = c->target,
                            .have = (uint32_t)c->have,
                            .next_txn = c->next_txn};
    char *out;

    for (const struct chunk *k = c->out; k; k = k->next)
        r.out += (uint32_t)(k->size - k->done);
    if (is_sock) {
        r.fd = (uint32_t)((const struct sock *)c)->fd;
    } else {
        const struct ring *ring = (const struct ring *)c;

        r.gfn = ring->gfn;
        r.broken = ring->broken;
        r.remote_port = ring->remote_port;
    }
    out = malloc(r.out + 1);
    if (!out)
        abort();
    r.out = 0;
    for (const struct chunk *k = c->out; k; k = k->next) {
        memcpy(out + r.out, k->data + k->done, k->size - k->done);
        r.out += (uint32_t)(k->size - k->done);
    }
    put(f, CONN, &r, sizeof(r), &c->in, r.have, out, r.out);
    free(out);
    put_watches(f, c->watches);
    for (const struct conn_txn *t = c->txns; t; t = t->next) {
        uint32_t id = txn_id(t->txn);

        put(f, TXN, &id, sizeof(id), "", 0, "", 0);
    }
}

bool state_write(int fd, bool sockets)
{
    static const char *const special[] = {"@introduceDomain", "@releaseDomain"};
    char path[PATH_BYTES];
    FILE *f = fdopen(dup(fd), "w");
    bool ok;

    if (!f)
        return false;
    fwrite(MAGIC, 1, 8, f);
    for (unsigned id = 0; id < NR_DOMIDS; id++) {
        const struct domain_account *a = domains_account(id);
        struct domain_record r = {id, a->introduced, a->shutdown_seen, a->nodes_most};

        if (a->born)
            put(f, DOMAIN, &r, sizeof(r), "", 0, "", 0);
    }
    for (unsigned i = 0; i < 2; i++)
        put_node(f, SPECIAL, watch_special_perms(special[i]), special[i], "", 0);
    for (struct node *n = tree_root(); n; n = tree_next(n, tree_root()))
        if (tree_path(n, path, sizeof(path)))
            put_node(f, NODE, n->perms, path, n->value ? n->value : "", n->size);
    for (const struct conn *c = conns; c; c = c->next)
        if (!c->dead && (sockets || !conn_is_sock(c)))
            put_conn(f, c, conn_is_sock(c));
    put(f, END, "", 0, "", 0, "", 0);
    ok = !ferror(f);
    return !fclose(f) && ok;
}

/* ---- reading ---- */

static struct perms *perms_shared(const struct perm *list, unsigned n, const char *path)
{
    char parent[PATH_BYTES];
    const struct node *up;

    if (path[0] == '/' && path[1]) {
        size_t l = path_parent(path);

        memcpy(parent, path, l);
        parent[l] = 0;
        up = tree_find(parent);
        if (up && up->perms->n == n && !memcmp(up->perms->p, list, n * sizeof(*list)))
            return perms_get(up->perms);
    }
    return perms_new(list, n, domains_stamp());
}

static bool get_node(bool special, const char *data, size_t size)
{
    struct perm list[256];
    uint32_t head[2], entry;
    char path[PATH_BYTES];
    struct perms *p;
    bool ok = true;

    if (size < sizeof(head))
        return false;
    memcpy(head, data, sizeof(head));
    if (!head[0] || head[0] > 256 || head[1] > PATH_BYTES || head[1] < 2 ||
        size < sizeof(head) + head[0] * sizeof(entry) + head[1])
        return false;
    data += sizeof(head);
    size -= sizeof(head) + head[0] * sizeof(entry) + head[1];
    for (unsigned i = 0; i < head[0]; i++, data += sizeof(entry)) {
        memcpy(&entry, data, sizeof(entry));
        list[i] = (struct perm){(uint16_t)entry, (uint8_t)(entry >> 16 & 3)};
    }
    if (data[head[1] - 1] || data[0] != (special ? '@' : '/') || !path_absolute(data, 0, special, path))
        return false;
    p = perms_shared(list, head[0], path);
    if (!p)
        return false;
    if (special)
        watch_special_set(path, p);
    else if (path[1])
        ok = !view_write(NULL, path, data + head[1], size, p, false);
    else
        tree_set_perms(tree_root(), p);
    perms_put(p);
    return ok;
}

static struct conn *get_ring(const struct conn_record *r)
{
    int rc = ring_of(r->id) ? EEXIST : r->id ? ring_start(r->id, r->gfn, r->remote_port) : ring_start_local();

    if (rc) {
        log_line(LOG_NOTE, "domain %u is not connected again: %s", r->id, strerror(rc));
        return NULL;
    }
    ring_of(r->id)->broken = r->broken;
    return &ring_of(r->id)->conn;
}

static struct conn *get_sock(const struct conn_record *r, int epoll)
{
    struct stat st;
    struct sock *s;

    if (fstat((int)r->fd, &st) || !S_ISSOCK(st.st_mode))
        return NULL;
    fcntl((int)r->fd, F_SETFD, FD_CLOEXEC);
    s = sock_add((int)r->fd, epoll, r->readonly);
    return s ? &s->conn : NULL;
}

/* What was read: a request or its beginning. */
static bool have_valid(const char *data, size_t have)
{
    struct xsd_sockmsg head;

    if (have < sizeof(head))
        return true;
    memcpy(&head, data, sizeof(head));
    return head.len <= XENSTORE_PAYLOAD_MAX; /* behind it may stand the next request */
}

static bool get_conn(const char *data, size_t size, int epoll, struct conn **out)
{
    struct conn_record r;
    struct conn *c;
    struct chunk *k;

    *out = NULL;
    if (size < sizeof(r))
        return false;
    memcpy(&r, data, sizeof(r));
    if (r.have > sizeof(c->in) - 1 || r.id >= NR_DOMIDS || size - sizeof(r) != (size_t)r.have + r.out ||
        !have_valid(data + sizeof(r), r.have) || r.target < -1 || r.target >= (int32_t)NR_DOMIDS)
        return false;
    c = r.is_sock ? get_sock(&r, epoll) : get_ring(&r);
    if (!c)
        return true;
    c->target = r.target;
    c->next_txn = r.next_txn;
    c->have = r.have;
    memcpy(&c->in, data + sizeof(r), r.have);
    k = r.out ? malloc(sizeof(*k) + r.out) : NULL;
    if (k) {
        *k = (struct chunk){.size = r.out};
        memcpy(k->data, data + sizeof(r) + r.have, r.out);
        *c->out_end = k;
        c->out_end = &k->next;
        c->out_bytes += r.out;
    }
    conn_ready(c);
    *out = c;
    return true;
}

static bool get_watch(const char *data, size_t size, struct conn *c)
{
    struct watch_record r;
    const char *path, *token;
    size_t length;

    if (size < sizeof(r) + 2 || data[size - 1])
        return false;
    memcpy(&r, data, sizeof(r));
    path = data + sizeof(r);
    length = strlen(path) + 1;
    if (sizeof(r) + length >= size || length > PATH_BYTES || (path[0] != '/' && path[0] != '@'))
        return false;
    token = path + length;
    if (c)
        watch_add(c, path, token, r.relative, r.depth);
    return true;
}

static bool get_txn(const char *data, size_t size, struct conn *c)
{
    uint32_t id;
    struct txn *t;

    if (size != sizeof(id))
        return false;
    memcpy(&id, data, sizeof(id));
    if (!c || !id || conn_txn(c, id))
        return true;
    t = txn_start(id, c->id ? quota.txn_nodes : UINT32_MAX, c->id ? quota.txn_bytes : SIZE_MAX / 2);
    if (!t)
        return false;
    txn_doom(t);
    return conn_add_txn(c, t);
}

static bool get_domain(const char *data, size_t size)
{
    struct domain_record r = {0};

    if (size != sizeof(r) && size != offsetof(struct domain_record, nodes_most))
        return false;
    memcpy(&r, data, size);
    if (r.id >= NR_DOMIDS)
        return false;
    domains_mention(r.id);
    domains_account(r.id)->introduced = r.introduced;
    domains_account(r.id)->shutdown_seen = r.shutdown_seen;
    domains_account(r.id)->nodes_most = r.nodes_most;
    return true;
}

static bool records(const char *at, const char *end, int epoll)
{
    struct conn *conn = NULL;

    for (;;) {
        struct record r;
        bool ok = false;

        if ((size_t)(end - at) < sizeof(r))
            return false;
        memcpy(&r, at, sizeof(r));
        at += sizeof(r);
        if ((size_t)(end - at) < r.size)
            return false;
        switch (r.type) {
        case DOMAIN: ok = get_domain(at, r.size); break;
        case NODE: ok = get_node(false, at, r.size); break;
        case SPECIAL: ok = get_node(true, at, r.size); break;
        case CONN: ok = get_conn(at, r.size, epoll, &conn); break;
        case WATCH: ok = get_watch(at, r.size, conn); break;
        case TXN: ok = get_txn(at, r.size, conn); break;
        case END: return true;
        }
        if (!ok)
            return false;
        at += r.size;
    }
}

bool state_read(int fd, int epoll)
{
    struct stat st;
    char *data;
    bool ok = false;

    if (fstat(fd, &st))
        return false;
    data = malloc((size_t)st.st_size + 1);
    if (data && pread(fd, data, (size_t)st.st_size, 0) == st.st_size && st.st_size >= 8 && !memcmp(data, MAGIC, 8))
        ok = records(data + 8, data + st.st_size, epoll);
    free(data);
    if (!ok)
        log_line(LOG_ERROR, "the saved state is damaged: what could be read of it is there");
    return ok;
}
