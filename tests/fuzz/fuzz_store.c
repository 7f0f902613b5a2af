/* SPDX-License-Identifier: MIT */
/* LINK: dom0/store/conn.c dom0/store/domains.c dom0/store/path.c dom0/store/perms.c dom0/store/request.c dom0/store/tree.c dom0/store/view.c dom0/store/watch.c dom0/lib/log.c */
/*
 * The input is what three clients of the store send, one of them Dom0's. Each step begins with a byte: its lowest two bits name the client
 * (3: a domain dies), the next three how the message is made: raw bytes, or a request of a type with a sensible path, so that the
 * fuzzer need not find the form of a message first.
 */
#include "store_domains.h"
#include "log.h"

static const char *const paths[] = {"/", "/a", "/a/b", "/a/b/c", "x", "x/y", "/local/domain/3", "/local/domain/3/x", "@releaseDomain", "/b"};

static void check(void)
{
    if (tree_audit() || accounts_audit())
        abort();
    for (const struct conn *x = conns; x; x = x->next)
        if (x->id && (domains_account(x->id)->watches > quota.watches + 1 || domains_account(x->id)->transactions > quota.transactions + 1))
            abort();
}

/* How many bytes of the input it took. */
static size_t step(struct client *const *client, const uint8_t *in, size_t size)
{
    struct client *x = client[in[0] & 3];
    char data[64 + 256];
    size_t n, at = 0;

    if ((in[0] & 3) == 3) {
        domain_release(3 + (in[0] >> 2 & 1));
        domains_mention(3 + (in[0] >> 2 & 1));
        return 1;
    }
    if (size < 5)
        return size;
    n = in[1] < size - 5 ? in[1] : size - 5;
    if (!(in[0] >> 2 & 7)) {
        if (x->to_n + n > sizeof(x->to) / 2)
            x->to_n = x->to_at = 0;
        memcpy(x->to + x->to_n, in + 5, n);
        x->to_n += n;
        conn_ready(&x->conn);
    } else {
        if (in[4] & 15) {
            at = strlen(paths[(in[4] & 15) % 10]) + 1;
            memcpy(data, paths[(in[4] & 15) % 10], at);
        }
        memcpy(data + at, in + 5, n);
        if (x->to_n + sizeof(data) + 16 > sizeof(x->to) / 2)
            x->to_n = x->to_at = 0;
        client_post(x, in[2] % (XS_TYPE_COUNT + 1), in[3] & 3, data, at + n);
    }
    x->deaf = in[4] & 0x80;
    x->piece = in[4] & 0x40 ? 7 : sizeof(x->to);
    clients_run();
    for (unsigned i = 0; i < 3; i++)
        client_take(client[i]);
    return 5 + n;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t size)
{
    struct client *client[4];

    log_level = -1;
    domains_mention(0);
    tree_init();
    client[0] = client_new(3);
    client[1] = client_new(4);
    client[2] = client_new(0);
    client_ask(client[2], XS_MKDIR, 0, "/local/domain/3");
    client_ask(client[2], XS_SET_PERMS, 0, "/local/domain/3|n3|b4");
    for (unsigned steps = 0; size && steps < 200; steps++) {
        size_t n = step(client, in, size);

        if (steps % 64 == 63)
            check();
        in += n;
        size -= n;
    }
    check();
    for (unsigned i = 0; i < 3; i++)
        client_free(client[i]);
    domain_release(3);
    domain_release(4);
    tree_free();
    return 0;
}
