/* SPDX-License-Identifier: MIT */
/* LINK: dom0/store/conn.c dom0/store/domains.c dom0/store/path.c dom0/store/perms.c dom0/store/request.c dom0/store/tree.c dom0/store/view.c dom0/store/watch.c dom0/store/state.c dom0/lib/log.c */
/* A saved state with anything in it: what was read is a whole tree, and can be written and read again to the same. */
#define _GNU_SOURCE
#include "store_domains.h"
#include "dom0/store/ring.h"
#include "dom0/store/sock.h"
#include "dom0/store/state.h"
#include "log.h"
#include <sys/mman.h>
#include <unistd.h>

static struct ring *rings[NR_DOMIDS];
static const struct conn_ops ring_ops = {client_read, client_write, client_end, client_release, client_release};

struct ring *ring_of(unsigned id)
{
    return id < NR_DOMIDS ? rings[id] : NULL;
}

int ring_start(unsigned id, uint64_t gfn, uint32_t remote_port)
{
    rings[id] = calloc(1, sizeof(*rings[id]));
    rings[id]->gfn = gfn;
    rings[id]->remote_port = remote_port;
    conn_init(&rings[id]->conn, &ring_ops, id);
    return 0;
}

int ring_start_local(void)
{
    return ring_start(0, 0, 1);
}

struct sock *sock_add(int fd, int epoll, bool readonly)
{
    (void)fd, (void)epoll, (void)readonly;
    return NULL;
}

bool conn_is_sock(const struct conn *c)
{
    (void)c;
    return false;
}

static void begin(void)
{
    domains_mention(0);
    tree_init();
}

static void end(void)
{
    if (tree_audit() || accounts_audit())
        abort();
    while (conns) {
        struct ring *r = (struct ring *)conns;

        conn_end(&r->conn);
        conns = r->conn.next;
        if (conns)
            conns->pprev = &conns;
        rings[r->conn.id] = NULL;
        while (conn_take_ready())
            ;
        free(r);
    }
    for (unsigned i = 1; i < NR_DOMIDS; i++)
        if (domains_account(i)->born)
            domains_forget(i);
    tree_free();
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
    int fd = memfd_create("in", 0), out = memfd_create("out", 0);
    uint64_t nodes;

    log_level = -1;
    if (write(fd, in, size) != (ssize_t)size)
        abort();
    begin();
    state_read(fd, -1);
    nodes = tree_nodes();
    if (!state_write(out, false))
        abort();
    end();
    begin();
    if (!state_read(out, -1) || tree_nodes() != nodes)
        abort();
    end();
    close(fd);
    close(out);
    return 0;
}
