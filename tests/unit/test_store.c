/* SPDX-License-Identifier: MIT */
/* LINK: dom0/store/conn.c dom0/store/domains.c dom0/store/path.c dom0/store/perms.c dom0/store/request.c dom0/store/tree.c dom0/store/view.c dom0/store/watch.c dom0/lib/log.c */
#include <criterion/criterion.h>
#include "store_domains.h"
#include "dom0/store/path.h"

static struct client *c, *a, *b; /* of domains 0, 3, 4 */

static void audit(void)
{
    cr_assert_eq(tree_audit(), 0);
    cr_assert_eq(accounts_audit(), 0);
}

/* Asks, audits, and compares. */
static void expect_at(int line, struct client *x, uint32_t type, uint32_t tx, const char *text, const char *want)
{
    const char *got = client_ask(x, type, tx, text);

    cr_assert(got && !strcmp(got, want), "line %d: %s, not %s", line, got ? got : "nothing", want);
    audit();
}
#define expect(...) expect_at(__LINE__, __VA_ARGS__)

static void expect_events_at(int line, struct client *x, const char *want)
{
    const char *got = client_events(x);

    cr_assert(!strcmp(got, want), "line %d: events\n%snot\n%s", line, got, want);
}
#define expect_events(...) expect_events_at(__LINE__, __VA_ARGS__)

static void setup(void)
{
    tree_init();
    domains_mention(0);
    c = client_new(0);
    a = client_new(3);
    b = client_new(4);
}

static void teardown(void)
{
    audit();
    client_free(b);
    client_free(a);
    client_free(c);
    tree_free();
}

TestSuite(store, .init = setup, .fini = teardown);

/* ---- tree ---- */

Test(store, tree_paths_and_order)
{
    char path[PATH_BYTES];
    struct perms *p = perms_new(&(struct perm){3, PERM_READ}, 1, domains_stamp());
    struct node *x = tree_add(tree_root(), "x", 1, p), *y = tree_add(x, "y", 1, p), *z = tree_add(x, "z", 1, p);

    perms_put(p);
    audit();
    cr_assert_eq(tree_find("/x/y"), y);
    cr_assert_null(tree_find("/x/yy"));
    cr_assert_null(tree_find("/y"));
    cr_assert_eq(tree_path(z, path, sizeof(path)), 4);
    cr_assert_str_eq(path, "/x/z");
    cr_assert_eq(tree_path(z, path, 4), 0, "it does not fit");
    cr_assert_eq(tree_path(tree_root(), path, sizeof(path)), 1);
    cr_assert_str_eq(path, "/");
    cr_assert_eq(tree_next(x, x), y);
    cr_assert_eq(tree_next(y, x), z);
    cr_assert_null(tree_next(z, x));
    cr_assert_eq(domains_account(3)->nodes, 3);
    tree_remove(y);
    audit();
    cr_assert_eq(x->nr_children, 1);
    tree_remove(x);
    audit();
    cr_assert_eq(domains_account(3)->nodes, 0);
    cr_assert_eq(tree_nodes(), 1);
}

Test(store, tree_grows_and_stays_findable)
{
    char path[32];

    for (unsigned i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/big/%u|%u", i, i);
        cr_assert_str_eq(client_ask(c, XS_WRITE, 0, path), "OK");
    }
    audit();
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(path, sizeof(path), "/big/%u", i);
        cr_assert_not_null(tree_find(path));
    }
    expect(c, XS_RM, 0, "/big", "OK");
    cr_assert_eq(tree_nodes(), 1);
}

Test(store, a_deep_tree_is_removed_without_recursion)
{
    char path[2049];

    for (unsigned i = 0; i < 1024; i++)
        memcpy(path + 2 * i, "/d", 2);
    path[2048] = 0;
    expect(c, XS_MKDIR, 0, path, "OK");
    cr_assert_eq(tree_nodes(), 1025);
    expect(c, XS_RM, 0, "/d", "OK");
    cr_assert_eq(tree_nodes(), 1);
}

/* ---- paths ---- */

Test(store, paths)
{
    static const char *const good[] = {"/", "/a", "/a/b-c_D@9", "a", "a/b"}, *const bad[] = {"", "//", "/a/", "a/", "/a//b", "/a b", "/.", "@x"};
    char out[PATH_BYTES], word[4000];

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        cr_assert(path_absolute(good[i], 3, false, out), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        cr_assert(!path_absolute(bad[i], 3, false, out), "%s", bad[i]);
    cr_assert(path_absolute("a", 3, false, out));
    cr_assert_str_eq(out, "/local/domain/3/a");
    cr_assert(path_absolute("@x", 3, true, out));
    memset(word, 'x', sizeof(word));
    word[2048] = 0;
    cr_assert(path_absolute(word, 65535, false, out));
    word[0] = '/';
    cr_assert(path_absolute(word, 3, false, out));
    word[2048] = 'x';
    word[2049] = 0;
    cr_assert(!path_absolute(word, 3, false, out));
    memcpy(word, "/local/domain/12/", 17);
    cr_assert(path_absolute(word, 3, false, out));
    cr_assert_eq(path_parent("/a"), 1);
    cr_assert_eq(path_parent("/a/b"), 2);
}

/* ---- permissions ---- */

Test(store, owner_others_and_named)
{
    expect(c, XS_WRITE, 0, "/p|v", "OK");
    expect(a, XS_READ, 0, "/p", "!EACCES");
    expect(c, XS_SET_PERMS, 0, "/p|n4|r3", "OK");
    expect(a, XS_READ, 0, "/p", "v");
    expect(a, XS_WRITE, 0, "/p|w", "!EACCES");
    expect(a, XS_SET_PERMS, 0, "/p|n3", "!EACCES");
    expect(b, XS_WRITE, 0, "/p|w", "OK");
    expect(b, XS_SET_PERMS, 0, "/p|n3", "!EPERM");
    expect(b, XS_SET_PERMS, 0, "/p|n4|b3", "OK");
    expect(a, XS_WRITE, 0, "/p|x", "OK");
    expect(a, XS_READ, 0, "/p/none", "!ENOENT");
    expect(c, XS_SET_PERMS, 0, "/p|n0", "OK");
    expect(a, XS_READ, 0, "/p/none", "!EACCES");
}

Test(store, a_child_is_its_makers_and_a_young_domain_owns_it)
{
    expect(c, XS_WRITE, 0, "/p|v", "OK");
    expect(c, XS_SET_PERMS, 0, "/p|w0|r4", "OK");
    domain_release(3);
    domains_mention(3);
    expect(a, XS_WRITE, 0, "/p/q|1", "OK");
    expect(a, XS_READ, 0, "/p/q", "1");
    expect(a, XS_GET_PERMS, 0, "/p/q", "w3|r4");
    expect(b, XS_READ, 0, "/p/q", "1");
    cr_assert_eq(domains_account(3)->nodes, 1);
}

Test(store, a_dead_domains_number_has_no_rights)
{
    expect(c, XS_WRITE, 0, "/p|v", "OK");
    expect(c, XS_SET_PERMS, 0, "/p|n0|b3", "OK");
    expect(c, XS_WRITE, 0, "/o/x/y|v", "OK");
    expect(c, XS_SET_PERMS, 0, "/o|n3", "OK");
    expect(c, XS_RELEASE, 0, "3", "OK");
    expect(c, XS_READ, 0, "/o/x/y", "!ENOENT");
    cr_assert_eq(domains_account(3)->nodes, 0);
    domains_mention(3);
    expect(a, XS_READ, 0, "/p", "!EACCES");
    /* A child of such a node must not revive it. */
    expect(c, XS_SET_PERMS, 0, "/p|n0|b3|w4", "OK");
    expect(c, XS_RELEASE, 0, "3", "OK");
    expect(b, XS_WRITE, 0, "/p/q|v", "OK");
    domains_mention(3);
    expect(a, XS_READ, 0, "/p/q", "!EACCES");
}

Test(store, the_root_of_a_dead_domain_becomes_domain_0s)
{
    expect(c, XS_SET_PERMS, 0, "/|r3", "OK");
    expect(c, XS_WRITE, 0, "/x|v", "OK");
    expect(c, XS_RELEASE, 0, "3", "OK");
    expect(c, XS_GET_PERMS, 0, "/", "r0");
}

Test(store, target)
{
    expect(c, XS_WRITE, 0, "/t|v", "OK");
    expect(c, XS_SET_PERMS, 0, "/t|n4", "OK");
    expect(a, XS_READ, 0, "/t", "!EACCES");
    expect(c, XS_SET_TARGET, 0, "3|4", "OK");
    expect(a, XS_WRITE, 0, "/t|w", "OK");
    expect(c, XS_SET_TARGET, 0, "3|0", "OK");
    expect(a, XS_READ, 0, "/t", "!EACCES");
}

/* ---- transactions ---- */

static void make_own(void)
{
    expect(c, XS_MKDIR, 0, "/local/domain/3", "OK");
    expect(c, XS_SET_PERMS, 0, "/local/domain/3|n3", "OK");
}

Test(store, a_transaction_is_seen_at_its_end_only)
{
    uint32_t t = client_start(c);

    expect(c, XS_WRITE, t, "/a/b|1", "OK");
    expect(c, XS_READ, t, "/a/b", "1");
    expect(c, XS_READ, 0, "/a/b", "!ENOENT");
    expect(c, XS_DIRECTORY, t, "/", "a");
    expect(c, XS_DIRECTORY, 0, "/", "");
    expect(c, XS_TRANSACTION_END, t, "T", "OK");
    expect(c, XS_READ, 0, "/a/b", "1");
    expect(c, XS_TRANSACTION_END, t, "T", "!ENOENT");
    t = client_start(c);
    expect(c, XS_RM, t, "/a", "OK");
    expect(c, XS_TRANSACTION_END, t, "F", "OK");
    expect(c, XS_READ, 0, "/a/b", "1");
}

Test(store, what_a_transaction_saw_must_still_be_so)
{
    static const struct {
        uint32_t type;
        const char *what;
        uint32_t other_type;
        const char *other, *end;
    } cases[] = {
        {XS_READ, "/a", XS_WRITE, "/a|2", "!EAGAIN"},          {XS_READ, "/a", XS_WRITE, "/b|2", "OK"},
        {XS_READ, "/none", XS_MKDIR, "/none", "!EAGAIN"},      {XS_READ, "/a", XS_SET_PERMS, "/a|r0", "!EAGAIN"},
        {XS_DIRECTORY, "/d", XS_MKDIR, "/d/new", "!EAGAIN"},   {XS_DIRECTORY, "/d", XS_RM, "/d/x", "!EAGAIN"},
        {XS_READ, "/d", XS_MKDIR, "/d/new2", "OK"},            {XS_RM, "/d", XS_MKDIR, "/d/x/deep", "!EAGAIN"},
        {XS_MKDIR, "/d/mine", XS_MKDIR, "/d/theirs", "OK"},    {XS_MKDIR, "/d/same", XS_MKDIR, "/d/same", "!EAGAIN"},
        {XS_WRITE, "/d/gone/x|", XS_RM, "/d", "!EAGAIN"},      {XS_DIRECTORY, "/d", XS_WRITE, "/d/x|v", "OK"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t t;

        expect(c, XS_WRITE, 0, "/a|1", "OK");
        expect(c, XS_WRITE, 0, "/d/x|1", "OK");
        t = client_start(c);
        cr_assert_neq(client_ask(c, cases[i].type, t, cases[i].what)[0], 0x7f);
        expect(c, cases[i].other_type, 0, cases[i].other, "OK");
        expect(c, XS_TRANSACTION_END, t, "T", cases[i].end);
        client_ask(c, XS_RM, 0, "/a");
        client_ask(c, XS_RM, 0, "/d");
        client_ask(c, XS_RM, 0, "/none");
    }
}

Test(store, a_node_removed_and_made_again_conflicts)
{
    uint32_t t;

    expect(c, XS_WRITE, 0, "/a|1", "OK");
    t = client_start(c);
    expect(c, XS_READ, t, "/a", "1");
    expect(c, XS_RM, 0, "/a", "OK");
    expect(c, XS_WRITE, 0, "/a|1", "OK");
    expect(c, XS_TRANSACTION_END, t, "T", "!EAGAIN");
}

/* Every order of making, removing and making again of a folder and a child, committed, is what the same without a transaction is. */
Test(store, orders_of_changes)
{
    static const struct {
        uint32_t type;
        const char *what;
    } steps[] = {{XS_WRITE, "/f|1"}, {XS_WRITE, "/f/x|2"}, {XS_RM, "/f"}, {XS_RM, "/f/x"}, {XS_WRITE, "/f/y/z|3"}, {XS_SET_PERMS, "/f|r3"}};

    for (unsigned start = 0; start < 2; start++) {
        for (unsigned order = 0; order < 6 * 6 * 6 * 6; order++) {
            char names[2][64], values[2][64];

            for (unsigned how = 0; how < 2; how++) {
                uint32_t t;

                client_ask(c, XS_RM, 0, "/f");
                if (start)
                    client_ask(c, XS_WRITE, 0, "/f/x|0");
                t = how ? client_start(c) : 0;
                for (unsigned o = order, n = 0; n < 4; n++, o /= 6)
                    client_ask(c, steps[o % 6].type, t, steps[o % 6].what);
                if (how)
                    cr_assert_str_eq(client_ask(c, XS_TRANSACTION_END, t, "T"), "OK");
                snprintf(names[how], 64, "%s", client_ask(c, XS_DIRECTORY, 0, "/f"));
                snprintf(values[how], 64, "%s %s", client_ask(c, XS_READ, 0, "/f/x"), "");
                snprintf(values[how] + strlen(values[how]), 32, "%s", client_ask(c, XS_GET_PERMS, 0, "/f"));
            }
            cr_assert_str_eq(values[0], values[1], "order %u", order);
            cr_assert_eq(strlen(names[0]), strlen(names[1]), "order %u: %s, %s", order, names[0], names[1]);
            cr_assert_eq(tree_audit(), 0);
            order += order % 3; /* two of three are enough */
        }
    }
}

Test(store, events_of_a_transaction_come_at_its_end)
{
    uint32_t t;

    expect(c, XS_WRITE, 0, "/w/x|", "OK");
    expect(b, XS_WATCH, 0, "/w|t", "OK");
    expect(c, XS_SET_PERMS, 0, "/w|r0", "OK");
    client_events(b);
    t = client_start(c);
    expect(c, XS_WRITE, t, "/w/a/b|1", "OK");
    expect(c, XS_RM, t, "/w/x", "OK");
    expect_events(b, "");
    expect(c, XS_TRANSACTION_END, t, "T", "OK");
    expect_events(b, "/w/a/b t\n/w/x t\n");
    t = client_start(c);
    expect(c, XS_WRITE, t, "/w/c|1", "OK");
    expect(c, XS_TRANSACTION_END, t, "F", "OK");
    expect_events(b, "");
}

/* ---- watches ---- */

Test(store, watch_forms)
{
    make_own();
    expect(a, XS_WATCH, 0, "x|rel", "OK");
    expect(a, XS_WATCH, 0, "/local/domain/3/x|abs", "OK");
    expect(a, XS_WATCH, 0, "x|flat|1", "OK");
    expect(a, XS_WATCH, 0, "x|node|0", "OK");
    expect(a, XS_WATCH, 0, "x|bad|-1", "!EINVAL");
    expect(a, XS_WATCH, 0, "x|rel", "!EEXIST");
    expect_events(a, "x rel\n/local/domain/3/x abs\nx flat\nx node\n");
    expect(c, XS_WRITE, 0, "/local/domain/3/x/y/z|1", "OK");
    expect_events(a, "x/y/z rel\n/local/domain/3/x/y/z abs\n");
    expect(c, XS_WRITE, 0, "/local/domain/3/x/y|1", "OK");
    expect_events(a, "x/y rel\n/local/domain/3/x/y abs\nx/y flat\n");
    expect(c, XS_WRITE, 0, "/local/domain/3/x|1", "OK");
    expect_events(a, "x rel\n/local/domain/3/x abs\nx flat\nx node\n");
    expect(a, XS_UNWATCH, 0, "x|flat", "OK");
    expect(a, XS_UNWATCH, 0, "x|flat", "!ENOENT");
}

Test(store, removal_tells_each_its_own)
{
    expect(c, XS_WRITE, 0, "/w/x/y|", "OK");
    expect(c, XS_SET_PERMS, 0, "/w|r0", "OK");
    expect(c, XS_WATCH, 0, "/w|1", "OK");
    expect(c, XS_WATCH, 0, "/w/x|2", "OK");
    expect(c, XS_WATCH, 0, "/w/x/y|3", "OK");
    client_events(c);
    expect(c, XS_RM, 0, "/w/x", "OK");
    expect_events(c, "/w/x 1\n/w/x 2\n/w/x/y 3\n");
}

Test(store, who_hears)
{
    expect(c, XS_WRITE, 0, "/s/x|", "OK");
    expect(a, XS_WATCH, 0, "/s|t", "OK");
    expect(a, XS_WATCH, 0, "@releaseDomain|r", "OK");
    client_events(a);
    expect(c, XS_WRITE, 0, "/s/x|1", "OK");
    watch_fire_special("@releaseDomain");
    expect_events(a, "");
    expect(c, XS_SET_PERMS, 0, "/s|n0|r3", "OK");
    expect(c, XS_SET_PERMS, 0, "@releaseDomain|n0|r3", "OK");
    watch_fire_special("@releaseDomain");
    expect_events(a, "/s t\n@releaseDomain r\n");
    expect(a, XS_SET_PERMS, 0, "@releaseDomain|n0|r3", "!EINVAL");
}

Test(store, an_event_waits_once)
{
    make_own();
    expect(a, XS_WATCH, 0, "x|t", "OK");
    client_events(a);
    a->deaf = true;
    for (unsigned i = 0; i < 100; i++)
        expect(c, XS_WRITE, 0, "/local/domain/3/x|1", "OK");
    a->deaf = false;
    conn_ready(&a->conn);
    expect_events(a, "x t\n");
}

/* ---- quotas ---- */

Test(store, quota_of_nodes_holds_at_commit)
{
    uint32_t t[2];
    char path[16];

    make_own();
    for (unsigned k = 0; k < 2; k++) {
        t[k] = client_start(a);
        for (unsigned i = 0; i < 600; i++) {
            snprintf(path, sizeof(path), "%c%u|", 'a' + k, i);
            cr_assert_str_eq(client_ask(a, XS_WRITE, t[k], path), "OK");
        }
    }
    expect(a, XS_TRANSACTION_END, t[0], "T", "OK");
    expect(a, XS_TRANSACTION_END, t[1], "T", "!ENOSPC");
    cr_assert_eq(domains_account(3)->nodes, 601);
}

Test(store, making_and_removing_in_a_transaction_uses_no_quota)
{
    uint32_t t;

    make_own();
    expect(a, XS_WRITE, 0, "k|", "OK");
    t = client_start(a);
    for (unsigned i = 0; i < 1200; i++) {
        expect(a, XS_RM, t, "k", "OK");
        expect(a, XS_WRITE, t, "k|", "OK");
    }
    expect(a, XS_TRANSACTION_END, t, "T", "OK");
    cr_assert_eq(domains_account(3)->nodes, 2);
}

Test(store, a_transaction_takes_bounded_memory)
{
    char text[4000];
    unsigned n = 0;
    uint32_t t;

    make_own();
    t = client_start(a);
    do {
        memset(text, 'x', 1900);
        snprintf(text + 1900, 16, "%u", n);
        n++;
    } while (n < 2000 && strcmp(client_ask(a, XS_READ, t, text), "!ENOSPC"));
    cr_assert(n > 100 && n < 512, "%u", n);
    expect(a, XS_TRANSACTION_END, t, "T", "OK");
}

/* Also when a value is what fills the last of it. */
Test(store, a_transaction_takes_bounded_memory_for_values)
{
    char text[2100];
    unsigned n;
    uint32_t t;

    make_own();
    for (n = 0; n < 900; n++) {
        snprintf(text, sizeof(text), "n%u|%02000d", n, n);
        cr_assert_str_eq(client_ask(a, XS_WRITE, 0, text), "OK");
    }
    t = client_start(a);
    for (n = 0; n < 900; n++) {
        snprintf(text, sizeof(text), "n%u", n);
        if (!strcmp(client_ask(a, XS_READ, t, text), "!ENOSPC"))
            break;
    }
    cr_assert(n > 100 && n < 262, "%u", n);
}

Test(store, quotas_do_not_bind_domain_0)
{
    char path[32];

    for (unsigned i = 0; i < 2000; i++) {
        snprintf(path, sizeof(path), "/q|%u", i);
        cr_assert_str_eq(client_ask(c, XS_WATCH, 0, path), "OK");
    }
    audit();
    expect(a, XS_TRANSACTION_START, 0, "", "1");
}

/* ---- the wire ---- */

Test(store, messages_in_pieces)
{
    expect(c, XS_WRITE, 0, "/p|0123456789", "OK");
    for (size_t piece = 1; piece < 20; piece++) {
        c->piece = piece;
        for (unsigned i = 0; i < 100; i++)
            conn_ready(&c->conn);
        expect(c, XS_READ, 0, "/p", "0123456789");
    }
}

Test(store, a_request_too_long_ends_the_connection_alone)
{
    struct xsd_sockmsg head = {XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1};

    make_own();
    expect(a, XS_WATCH, 0, "x|t", "OK");
    client_events(a);
    memcpy(a->to, &head, sizeof(head));
    a->to_n = sizeof(head);
    a->to_at = 0;
    conn_ready(&a->conn);
    clients_run();
    cr_assert_eq(domains_account(3)->watches, 0);
    audit();
    expect(c, XS_READ, 0, "/local/domain/3", "");
}

Test(store, unterminated_and_unknown)
{
    cr_assert_str_eq(client_ask_bytes(a, XS_READ, 0, "/", 1), "!EINVAL");
    cr_assert_str_eq(client_ask_bytes(a, XS_WATCH, 0, "/\0t", 3), "!EINVAL");
    cr_assert_str_eq(client_ask_bytes(a, XS_READ, 0, "", 0), "!EINVAL");
    for (uint32_t type = XS_TYPE_COUNT; type < XS_TYPE_COUNT + 3; type++)
        cr_assert_str_eq(client_ask_bytes(a, type, 0, "/", 2), "!ENOSYS");
    cr_assert_str_eq(client_ask_bytes(a, UINT32_MAX, 0, "/", 2), "!ENOSYS");
    audit();
}

Test(store, who_does_not_read_is_not_served_and_then_cut_off)
{
    char path[40];
    unsigned i;

    make_own();
    a->deaf = true;
    for (i = 0; i < 1000; i++) {
        if (a->to_n - a->to_at > sizeof(a->to) - 100)
            break;
        client_post(a, XS_DIRECTORY, 0, "/local/domain/3", 16);
        clients_run();
    }
    cr_assert(a->conn.out_bytes < (64u << 10) + 8192);
    a->deaf = false;
    conn_ready(&a->conn);
    clients_run();
    audit();
    client_take(a);
    expect(a, XS_WATCH, 0, "/local/domain/3|t", "OK");
    client_events(a);
    a->deaf = true;
    for (i = 0; i < 100000 && domains_account(3)->watches; i++) {
        snprintf(path, sizeof(path), "/local/domain/3/e%u|", i % 500);
        client_ask(c, XS_WRITE, 0, path);
    }
    cr_assert_eq(domains_account(3)->watches, 0, "it was cut off");
    cr_assert_eq(a->conn.out_bytes, 0);
    audit();
}

/* ---- against a naive reference ---- */

#define NAMES 5
#define REF_MAX 400

/* A flat map of all paths, copied whole by each transaction. */
struct ref {
    unsigned n;
    struct {
        char path[24], value[8];
    } e[REF_MAX];
};

static int ref_at(const struct ref *r, const char *path)
{
    for (unsigned i = 0; i < r->n; i++)
        if (!strcmp(r->e[i].path, path))
            return (int)i;
    return -1;
}

static void ref_write(struct ref *r, const char *path, const char *value)
{
    char up[24];
    int at = ref_at(r, path);

    if (at < 0) {
        snprintf(up, sizeof(up), "%.*s", (int)path_parent(path), path);
        if (ref_at(r, up) < 0)
            ref_write(r, up, "");
        at = (int)r->n++;
        snprintf(r->e[at].path, sizeof(r->e[at].path), "%s", path);
    }
    snprintf(r->e[at].value, sizeof(r->e[at].value), "%s", value);
}

static void ref_remove(struct ref *r, const char *path)
{
    size_t length = strlen(path);

    for (unsigned i = 0; i < r->n;) {
        if (!strncmp(r->e[i].path, path, length) && (!r->e[i].path[length] || r->e[i].path[length] == '/'))
            r->e[i] = r->e[--r->n];
        else
            i++;
    }
}

static unsigned ref_children(const struct ref *r, const char *path)
{
    unsigned n = 0;

    for (unsigned i = 0; i < r->n; i++)
        n += r->e[i].path[1] && path_parent(r->e[i].path) == strlen(path) && !strncmp(r->e[i].path, path, strlen(path)) &&
             (path[1] || r->e[i].path[0] == '/');
    return n;
}

static void random_path(char out[24])
{
    unsigned depth = 1 + (unsigned)rand() % 4;

    out[0] = 0;
    while (depth--)
        snprintf(out + strlen(out), 3, "/%c", 'a' + rand() % NAMES);
}

struct model_txn {
    uint32_t id;
    bool changed;  /* the tree, since its start */
    struct ref ref;
};

static void model_step(struct ref *now, struct model_txn *txn, unsigned txns)
{
    struct model_txn *t = rand() % 2 ? &txn[(unsigned)rand() % txns] : NULL;
    struct ref *r = t && t->id ? &t->ref : now;
    uint32_t id = t ? t->id : 0;
    char path[24], text[40];
    const char *got;
    int at;

    random_path(path);
    at = ref_at(r, path);
    switch (rand() % 5) {
    case 0:
    case 1:
        snprintf(text, sizeof(text), "%s|%d", path, rand() % 100);
        cr_assert_str_eq(client_ask(c, XS_WRITE, id, text), "OK");
        ref_write(r, path, strchr(text, '|') + 1);
        break;
    case 2:
        got = client_ask(c, XS_RM, id, path);
        if (at >= 0 && (!id || !t->changed))
            cr_assert_str_eq(got, "OK");
        ref_remove(r, path);
        break;
    case 3:
        got = client_ask(c, XS_READ, id, path);
        /* In a transaction that others have overtaken only its own view of each node counts, and its end says so. */
        if (!id || !t->changed)
            cr_assert_str_eq(got, at < 0 ? "!ENOENT" : r->e[at].value);
        return;
    case 4:
        got = client_ask(c, XS_DIRECTORY, id, path);
        if (at >= 0 && (!id || !t->changed))
            cr_assert_eq(strlen(got), ref_children(r, path) ? 2 * ref_children(r, path) - 1 : 0, "%s: %s", path, got);
        return;
    }
    if (!id)
        for (unsigned i = 0; i < txns; i++)
            txn[i].changed = true;
}

/* The end of a transaction is checked apart, since only the store says whether a conflict was one. */
static void model_end(struct ref *now, struct model_txn *t, struct model_txn *all, unsigned txns)
{
    bool commit = rand() % 3;
    const char *got = client_ask(c, XS_TRANSACTION_END, t->id, commit ? "T" : "F");

    t->id = 0;
    if (t->changed || strcmp(got, "OK") || !commit) {
        cr_assert(t->changed || !strcmp(got, "OK"));
        cr_assert(commit || !strcmp(got, "OK"));
        if (!commit || strcmp(got, "OK"))
            return;
    }
    if (t->changed)
        return;
    *now = t->ref;
    for (unsigned i = 0; i < txns; i++)
        all[i].changed = true;
}

static void compare_whole(struct ref *now)
{
    char path[PATH_BYTES];
    unsigned n = 0;

    for (struct node *x = tree_root(); x; x = tree_next(x, tree_root()), n++) {
        int at;

        tree_path(x, path, sizeof(path));
        at = ref_at(now, path);
        cr_assert(at >= 0, "%s is there", path);
        cr_assert(x->size == strlen(now->e[at].value) && !memcmp(x->value ? x->value : "", now->e[at].value, x->size), "%s", path);
    }
    cr_assert_eq(n, now->n);
}

/* Takes the tree for true, after a transaction that others overtook and that yet conflicted with none of them. */
static void adopt(struct ref *now)
{
    char path[PATH_BYTES];

    now->n = 0;
    for (struct node *x = tree_root(); x; x = tree_next(x, tree_root())) {
        tree_path(x, path, sizeof(path));
        cr_assert_lt(strlen(path), 24);
        strcpy(now->e[now->n].path, path);
        snprintf(now->e[now->n++].value, 8, "%.*s", (int)x->size, x->value ? x->value : "");
    }
}

Test(store, random_operations_against_a_flat_map, .timeout = 60)
{
    static struct ref now;
    static struct model_txn txn[3];

    for (unsigned seed = 1; seed <= 20; seed++) {
        srand(seed);
        adopt(&now);
        memset(txn, 0, sizeof(txn));
        for (unsigned step = 0; step < 1500; step++) {
            struct model_txn *t = &txn[(unsigned)rand() % 3];

            if (now.n > REF_MAX - 50)
                break;
            if (t->id && !(rand() % 12)) {
                bool overtaken = t->changed;

                model_end(&now, t, txn, 3);
                if (overtaken) {
                    adopt(&now);
                    for (unsigned i = 0; i < 3; i++)
                        txn[i].changed = true;
                }
            } else if (!t->id && !(rand() % 8)) {
                t->id = client_start(c);
                t->changed = false;
                t->ref = now;
            } else {
                model_step(&now, txn, 3);
            }
            if (step % 16 == 0) {
                audit();
                compare_whole(&now);
            }
        }
        for (unsigned i = 0; i < 3; i++)
            if (txn[i].id)
                client_ask(c, XS_TRANSACTION_END, txn[i].id, "F");
        for (char name[3] = "/a"; name[1] < 'a' + NAMES; name[1]++)
            client_ask(c, XS_RM, 0, name);
        audit();
        cr_assert_eq(tree_nodes(), 1);
    }
}
