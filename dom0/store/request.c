/* SPDX-License-Identifier: MIT */
#include "request.h"
#include "domains.h"
#include "path.h"
#include "watch.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>

/* xenstored's, which guests and toolstacks are used to; but for the last, without which transactions would be the way to make the
 * daemon large: ten of a thousand long paths. */
struct quota quota = {
    .nodes = 1000, .watches = 128, .transactions = 10, .node_size = 2048, .perms = 5, .txn_nodes = 1024,
    .txn_bytes = 512u << 10,
};

struct request {
    struct conn *c;
    const struct xsd_sockmsg *head;
    char *data;
    size_t size;
    struct txn *txn;
    char path[PATH_BYTES];
};

static int reply(const struct request *r, const void *data, size_t size)
{
    conn_reply(r->c, r->head, data, size);
    return 0;
}

static int done(const struct request *r)
{
    return reply(r, "OK", 3);
}

/* The next string of the data after *at, or NULL: none, or one without end. */
static const char *next_string(const struct request *r, size_t *at)
{
    const char *s = r->data + *at;
    size_t left = r->size - *at, length = strnlen(s, left);

    if (length == left)
        return NULL;
    *at += length + 1;
    return s;
}

static int path_arg(struct request *r, size_t *at, bool special)
{
    const char *s = next_string(r, at);

    return s && path_absolute(s, r->c->id, special, r->path) ? 0 : EINVAL;
}

/* The path that is all there is. */
static int only_path(struct request *r)
{
    size_t at = 0;
    int rc = path_arg(r, &at, false);

    return rc ? rc : at == r->size ? 0 : EINVAL;
}

static bool number_arg(const struct request *r, size_t *at, uint64_t max, uint64_t *out)
{
    const char *s = next_string(r, at);
    char *end;

    if (!s || *s < '0' || *s > '9')
        return false;
    errno = 0;
    *out = strtoull(s, &end, 10);
    return !*end && !errno && *out <= max;
}

/* A number that is all there is. */
static bool only_number(const struct request *r, uint64_t max, uint64_t *out)
{
    size_t at = 0;

    return number_arg(r, &at, max, out) && at == r->size;
}

static unsigned rights(const struct conn *c, const struct perms *p)
{
    return perms_of(p, (uint16_t)c->id, c->target);
}

/* The nearest node above that is there. */
static int above(struct request *r, const char *path, char out[PATH_BYTES], struct entry *e)
{
    strcpy(out, path);
    do {
        int rc;

        out[path_parent(out)] = 0;
        rc = view_get(r->txn, out, e);
        if (rc)
            return rc;
    } while (!e->exists && out[1]);
    return 0;
}

/* r->path's node, which the client may use as `need` says. ENOENT only for who may look there at all. */
static int node_get(struct request *r, unsigned need, struct entry *e)
{
    char parent[PATH_BYTES];
    struct entry up;
    int rc = view_get(r->txn, r->path, e);

    if (rc)
        return rc;
    if (e->exists)
        return (rights(r->c, e->perms) & need) == need ? 0 : EACCES;
    if (!r->path[1])
        return ENOENT;
    rc = above(r, r->path, parent, &up);
    if (rc)
        return rc;
    return rights(r->c, up.perms) & need ? ENOENT : EACCES;
}

/* ---- reading ---- */

static int do_read(struct request *r)
{
    struct entry e;
    int rc = only_path(r);

    if (!rc)
        rc = node_get(r, PERM_READ, &e);
    return rc ? rc : reply(r, e.value, e.size);
}

static int do_directory(struct request *r)
{
    struct entry e;
    char *names;
    size_t size;
    int rc = only_path(r);

    if (!rc)
        rc = node_get(r, PERM_READ, &e);
    if (!rc)
        rc = view_list(r->txn, r->path, &names, &size);
    if (rc)
        return rc;
    rc = size > XENSTORE_PAYLOAD_MAX ? E2BIG : reply(r, names, size);
    free(names);
    return rc;
}

/* "stamp\0" and as many whole names from the offset on as fit; an empty one at the end of the list. */
static int do_directory_part(struct request *r)
{
    char out[XENSTORE_PAYLOAD_MAX];
    struct entry e;
    uint64_t offset;
    char *names;
    size_t at = 0, size, n, end;
    int rc = path_arg(r, &at, false);

    if (!rc && !number_arg(r, &at, UINT32_MAX, &offset))
        rc = EINVAL;
    if (!rc)
        rc = node_get(r, PERM_READ, &e);
    if (rc)
        return rc;
    rc = view_list(r->txn, r->path, &names, &size);
    if (rc)
        return rc;
    rc = view_get(r->txn, r->path, &e);
    n = (size_t)snprintf(out, sizeof(out), "%lu", e.stamp) + 1;
    offset = offset < size ? offset : size;
    for (end = offset; end < size;) {
        size_t length = strlen(names + end) + 1;

        if (n + (end - offset) + length >= sizeof(out))
            break;
        end += length;
    }
    memcpy(out + n, names + offset, end - offset);
    n += end - offset;
    if (end == size)
        out[n++] = 0;
    free(names);
    return rc ? rc : reply(r, out, n);
}

static int do_get_perms(struct request *r)
{
    char out[XENSTORE_PAYLOAD_MAX];
    const struct perms *p;
    struct entry e;
    size_t n = 0;
    int rc = only_path(r);

    if (!rc)
        rc = node_get(r, PERM_READ, &e);
    if (rc)
        return rc;
    p = e.perms;
    for (unsigned i = 0; i < p->n && n + PERM_TEXT <= sizeof(out); i++)
        n += perms_print(&p->p[i], out + n);
    return reply(r, out, n);
}

/* ---- changing ---- */

static uint32_t nodes_most(const struct domain_account *a)
{
    return a->nodes_most ? a->nodes_most : quota.nodes;
}

static int quota_nodes(const struct request *r, unsigned owner)
{
    const struct domain_account *a = domains_account(owner);

    if (!r->c->id || !a)
        return 0;
    return a->nodes + (r->txn ? txn_created(r->txn) : 0) >= nodes_most(a) ? ENOSPC : 0;
}

/* The permissions of a new child: its parent's, but owned by the domain that makes it. That one may be younger than the list, so it
 * is a new list, and what has no meaning any more in the old one must not get one again. */
static struct perms *inherited(const struct conn *c, struct perms *from)
{
    struct perms *p;
    unsigned n = 1;

    if (!c->id || (from->p[0].domid == c->id && domains_known_since(c->id, from->stamp)))
        return perms_get(from);
    p = perms_new(from->p, from->n, domains_stamp());
    if (!p)
        return NULL;
    p->p[0].domid = (uint16_t)c->id;
    for (unsigned i = 1; i < p->n; i++)
        if (domains_known_since(p->p[i].domid, from->stamp))
            p->p[n++] = p->p[i];
    p->n = n;
    return p;
}

/* r->path and what lacks above it. */
static int node_create(struct request *r, const void *value, size_t size)
{
    char at[PATH_BYTES];
    struct entry up;
    struct perms *p;
    size_t have;
    int rc = above(r, r->path, at, &up);

    if (rc)
        return rc;
    p = inherited(r->c, up.perms);
    if (!p)
        return ENOMEM;
    have = at[1] ? strlen(at) : 0;
    while (!rc && r->path[have]) {
        size_t length = strcspn(r->path + have + 1, "/") + 1;
        bool last = !r->path[have + length];

        have += length;
        memcpy(at, r->path, have);
        at[have] = 0;
        rc = quota_nodes(r, p->p[0].domid);
        if (!rc)
            rc = view_write(r->txn, at, last ? value : NULL, last ? size : 0, p, last);
    }
    perms_put(p);
    return rc;
}

static int do_write(struct request *r)
{
    struct entry e;
    size_t at = 0;
    int rc = path_arg(r, &at, false);

    if (rc)
        return rc;
    if (r->c->id && r->size - at > quota.node_size)
        return ENOSPC;
    rc = node_get(r, PERM_WRITE, &e);
    if (rc == ENOENT)
        rc = node_create(r, r->data + at, r->size - at);
    else if (!rc)
        rc = view_write(r->txn, r->path, r->data + at, r->size - at, e.perms, true);
    return rc ? rc : done(r);
}

static int do_mkdir(struct request *r)
{
    struct entry e;
    int rc = only_path(r);

    if (!rc)
        rc = node_get(r, PERM_WRITE, &e);
    if (rc == ENOENT)
        rc = node_create(r, NULL, 0);
    return rc ? rc : done(r);
}

static int do_rm(struct request *r)
{
    char parent[PATH_BYTES];
    struct entry e;
    int rc = only_path(r);

    if (rc)
        return rc;
    rc = node_get(r, PERM_WRITE, &e);
    if (!rc && !r->path[1])
        return EINVAL;
    if (rc == ENOENT) {
        /* Gone is what was asked for, if it could have been there. */
        strcpy(parent, r->path);
        parent[path_parent(parent)] = 0;
        rc = view_get(r->txn, parent, &e);
        if (!rc && !e.exists)
            rc = ENOENT;
        return rc ? rc : done(r);
    }
    if (!rc)
        rc = view_remove(r->txn, r->path);
    return rc ? rc : done(r);
}

static int do_set_perms(struct request *r)
{
    struct perm list[64];
    struct perms *p;
    struct entry e;
    unsigned n;
    size_t at = 0;
    int rc = path_arg(r, &at, true);

    if (rc)
        return rc;
    if (r->size <= at || r->data[r->size - 1] ||
        !perms_parse(r->data + at, r->size - at, list, sizeof(list) / sizeof(list[0]), &n))
        return EINVAL;
    if (r->c->id && n > quota.perms)
        return ENOSPC;
    if (r->path[0] == '@') {
        if (r->c->id)
            return EINVAL;
        if (!watch_special_perms(r->path))
            return ENOENT;
    } else {
        rc = node_get(r, PERM_WRITE | PERM_OWNER, &e);
        if (rc)
            return rc;
        if (r->c->id && list[0].domid != e.perms->p[0].domid)
            return EPERM;
    }
    for (unsigned i = 0; i < n; i++)
        domains_mention(list[i].domid);
    p = perms_new(list, n, domains_stamp());
    if (!p)
        return ENOMEM;
    if (r->path[0] == '@')
        watch_special_set(r->path, p);
    else
        rc = view_set_perms(r->txn, r->path, p);
    perms_put(p);
    return rc ? rc : done(r);
}

/* ---- watches ---- */

static int do_watch(struct request *r)
{
    const struct domain_account *a = domains_account(r->c->id);
    const char *name = r->data, *token;
    uint64_t depth = 0;
    bool has_depth = false;
    size_t at = 0;
    int rc = path_arg(r, &at, true);

    token = rc ? NULL : next_string(r, &at);
    if (!token)
        return EINVAL;
    if (at < r->size) {
        has_depth = number_arg(r, &at, INT32_MAX, &depth);
        if (!has_depth)
            return EINVAL;
    }
    if (watch_there(r->c, r->path, token))
        return EEXIST;
    if (r->c->id && strlen(token) > XENSTORE_REL_PATH_MAX)
        return E2BIG;
    if (r->c->id && a && a->watches > quota.watches)
        return E2BIG;
    rc = watch_add(r->c, r->path, token, name[0] != '/' && name[0] != '@', has_depth ? (int)depth : -1);
    if (rc)
        return rc;
    done(r);
    watch_first(r->c, r->path, token, name[0] != '/' && name[0] != '@');
    return 0;
}

static int do_unwatch(struct request *r)
{
    const char *token;
    size_t at = 0, second = 0;
    int rc = path_arg(r, &at, true);

    /* What cannot be watched is not watched. */
    token = next_string(r, &second) ? next_string(r, &second) : NULL;
    if (!token || second != r->size)
        return EINVAL;
    rc = rc ? ENOENT : watch_remove(r->c, r->path, token);
    return rc ? rc : done(r);
}

static int do_reset_watches(struct request *r)
{
    watch_remove_all(r->c);
    conn_end_txns(r->c);
    return done(r);
}

/* ---- transactions ---- */

static int do_transaction_start(struct request *r)
{
    const struct domain_account *a = domains_account(r->c->id);
    struct txn *t;
    char text[12];

    if (r->txn)
        return EBUSY;
    if (r->c->id && a && a->transactions > quota.transactions)
        return ENOSPC;
    do
        r->c->next_txn++;
    while (!r->c->next_txn || conn_txn(r->c, r->c->next_txn));
    t = txn_start(r->c->next_txn, r->c->id ? quota.txn_nodes : UINT32_MAX, r->c->id ? quota.txn_bytes : SIZE_MAX / 2);
    if (!t || !conn_add_txn(r->c, t))
        return ENOMEM;
    return reply(r, text, (size_t)snprintf(text, sizeof(text), "%u", r->c->next_txn) + 1);
}

static int do_transaction_end(struct request *r)
{
    size_t at = 0;
    const char *how = next_string(r, &at);
    int rc = 0;

    if (!how || (strcmp(how, "T") && strcmp(how, "F")))
        return EINVAL;
    if (!r->txn)
        return ENOENT;
    conn_take_txn(r->c, r->txn);
    /* Several transactions could each be within the quota, and not all of them. */
    if (*how == 'T' && r->c->id && domains_account(r->c->id)->nodes + txn_created(r->txn) > nodes_most(domains_account(r->c->id)))
        rc = ENOSPC;
    if (*how == 'T' && !rc)
        rc = txn_commit(r->txn);
    else
        txn_abort(r->txn);
    return rc ? rc : done(r);
}

/* ---- domains ---- */

static int do_introduce(struct request *r)
{
    uint64_t id, gfn, port;
    size_t at = 0;
    int rc;

    if (!number_arg(r, &at, UINT16_MAX, &id) || !number_arg(r, &at, UINT64_MAX, &gfn) ||
        !number_arg(r, &at, UINT32_MAX, &port) || !port)
        return EINVAL;
    rc = domain_introduce((unsigned)id, gfn, (uint32_t)port);
    return rc ? rc : done(r);
}

static int with_domain(struct request *r, int (*act)(unsigned id))
{
    uint64_t id;
    int rc;

    if (!only_number(r, UINT16_MAX, &id))
        return EINVAL;
    rc = act((unsigned)id);
    return rc ? rc : done(r);
}

static int do_release(struct request *r)
{
    return with_domain(r, domain_release);
}

static int do_resume(struct request *r)
{
    return with_domain(r, domain_resume);
}

static int do_set_target(struct request *r)
{
    uint64_t id, target;
    size_t at = 0;
    int rc;

    if (!number_arg(r, &at, NR_DOMIDS - 1, &id) || !number_arg(r, &at, NR_DOMIDS - 1, &target))
        return EINVAL;
    rc = domain_set_target((unsigned)id, (unsigned)target);
    return rc ? rc : done(r);
}

static int do_get_domain_path(struct request *r)
{
    char text[32];
    uint64_t id;

    if (!only_number(r, UINT16_MAX, &id))
        return EINVAL;
    return reply(r, text, (size_t)snprintf(text, sizeof(text), "/local/domain/%lu", id) + 1);
}

static int do_is_introduced(struct request *r)
{
    const struct domain_account *a;
    uint64_t id;

    if (!only_number(r, UINT16_MAX, &id))
        return EINVAL;
    if (id == DOMID_SELF)
        id = r->c->id;
    a = domains_account((unsigned)id);
    return reply(r, !id || (a && a->introduced) ? "T" : "F", 2);
}

static int do_control(struct request *r)
{
    size_t at = 0;
    const char *command = next_string(r, &at);
    char *text = NULL;
    int rc;

    if (!command)
        return EINVAL;
    rc = control_run(r->c, command, r->data + at, r->size - at, &text);
    if (!rc)
        rc = text ? reply(r, text, strlen(text) + 1) : done(r);
    free(text);
    return rc;
}

/* ---- all of them ---- */

enum { CHANGES = 1, PRIVILEGED = 2, IN_TXN = 4 };

static const struct {
    int (*run)(struct request *r);
    unsigned flags;
} requests[XS_TYPE_COUNT] = {
    [XS_CONTROL] = {do_control, PRIVILEGED | IN_TXN},
    [XS_DIRECTORY] = {do_directory, IN_TXN},
    [XS_DIRECTORY_PART] = {do_directory_part, IN_TXN},
    [XS_READ] = {do_read, IN_TXN},
    [XS_GET_PERMS] = {do_get_perms, IN_TXN},
    [XS_WATCH] = {do_watch, 0},
    [XS_UNWATCH] = {do_unwatch, 0},
    [XS_TRANSACTION_START] = {do_transaction_start, IN_TXN},
    [XS_TRANSACTION_END] = {do_transaction_end, IN_TXN},
    [XS_INTRODUCE] = {do_introduce, CHANGES | PRIVILEGED},
    [XS_RELEASE] = {do_release, CHANGES | PRIVILEGED},
    [XS_GET_DOMAIN_PATH] = {do_get_domain_path, IN_TXN},
    [XS_WRITE] = {do_write, CHANGES | IN_TXN},
    [XS_MKDIR] = {do_mkdir, CHANGES | IN_TXN},
    [XS_RM] = {do_rm, CHANGES | IN_TXN},
    [XS_SET_PERMS] = {do_set_perms, CHANGES | IN_TXN},
    [XS_IS_DOMAIN_INTRODUCED] = {do_is_introduced, PRIVILEGED | IN_TXN},
    [XS_RESUME] = {do_resume, CHANGES | PRIVILEGED},
    [XS_SET_TARGET] = {do_set_target, CHANGES | PRIVILEGED},
    [XS_RESET_WATCHES] = {do_reset_watches, IN_TXN},
};

static int run(struct request *r)
{
    uint32_t type = r->head->type;

    if (type >= XS_TYPE_COUNT || !requests[type].run)
        return ENOSYS;
    if (requests[type].flags & PRIVILEGED && (r->c->id || r->c->readonly))
        return EACCES;
    if (requests[type].flags & CHANGES && r->c->readonly)
        return EROFS;
    if (requests[type].flags & IN_TXN && r->head->tx_id) {
        r->txn = conn_txn(r->c, r->head->tx_id);
        if (!r->txn)
            return ENOENT;
    }
    return requests[type].run(r);
}

void request_handle(struct conn *c, const struct xsd_sockmsg *head, char *data)
{
    struct request r = {.c = c, .head = head, .data = data, .size = head->len};
    int rc = run(&r);

    if (rc)
        conn_error(c, head, rc);
}
