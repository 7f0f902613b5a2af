/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
/* XS_CONTROL: what `xenstore-control` asks the daemon itself. */
#include "daemon.h"
#include "domains.h"
#include "log.h"
#include "request.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run_help(const char *args, char **reply);

static int run_check(const char *args, char **reply)
{
    unsigned errors = tree_audit();

    (void)args;
    return asprintf(reply, "%u errors in %lu nodes\n", errors, tree_nodes()) < 0 ? ENOMEM : 0;
}

static int run_log(const char *args, char **reply)
{
    (void)reply;
    if (!strcmp(args, "on"))
        log_level = LOG_DETAIL;
    else if (!strcmp(args, "off"))
        log_level = LOG_NOTE;
    else
        return EINVAL;
    return 0;
}

static int run_print(const char *args, char **reply)
{
    (void)reply;
    log_line(LOG_NOTE, "%s", args);
    return 0;
}

static const struct {
    const char *name;
    unsigned *value;
} quotas[] = {
    {"nodes", &quota.nodes}, {"watches", &quota.watches}, {"transactions", &quota.transactions},
    {"node-size", &quota.node_size}, {"permissions", &quota.perms}, {"transaction-nodes", &quota.txn_nodes},
    {"transaction-bytes", &quota.txn_bytes},
};

/* Nothing, a domain's number with or without "nodes VALUE", or "set NAME VALUE" (with NULs or blanks between). */
static int run_quota(const char *args, char **reply)
{
    struct domain_account *a;
    char name[32], *at;
    unsigned value, id;
    size_t size;
    FILE *f;

    if (sscanf(args, "set %31s %u", name, &value) == 2) {
        for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++)
            if (!strcmp(name, quotas[i].name)) {
                *quotas[i].value = value;
                return 0;
            }
        return EINVAL;
    }
    if (sscanf(args, "%u %31s %u", &id, name, &value) == 3) {
        a = id ? domains_account(id) : NULL;
        if (!a || strcmp(name, "nodes"))
            return EINVAL;
        domains_mention(id);
        a->nodes_most = value;
        return 0;
    }
    f = open_memstream(&at, &size);
    if (!f)
        return ENOMEM;
    if (*args) {
        a = domains_account((unsigned)strtoul(args, NULL, 10));
        if (a)
            fprintf(f, "nodes %u\nwatches %u\ntransactions %u\n", a->nodes, a->watches, a->transactions);
        if (a && a->nodes_most)
            fprintf(f, "of-nodes %u\n", a->nodes_most);
    } else {
        for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++)
            fprintf(f, "%-18s %u\n", quotas[i].name, *quotas[i].value);
    }
    fclose(f);
    *reply = at;
    return 0;
}

/*
 * "PATH LEAF [AFTER]": a line "CHILD VALUE" for each child of PATH that has LEAF, as many as one reply carries; a last line "+"
 * says that there are more, which the next request gets with the last CHILD as AFTER. For tools that show a thousand domains.
 */
static int run_values(const char *args, char **reply)
{
    char path[XENSTORE_ABS_PATH_MAX + 1], leaf[64], after[64] = "", *text;
    const struct node *top, *n;
    size_t used = 0;

    if (sscanf(args, "%3072s %63s %63s", path, leaf, after) < 2)
        return EINVAL;
    top = tree_find(path);
    n = top && *after ? tree_child(top, after, strlen(after)) : NULL;
    if (!top || (*after && !n))
        return top ? EAGAIN : ENOENT; /* where it stood is not known any more */
    text = malloc(XENSTORE_PAYLOAD_MAX + 1);
    if (!text)
        return ENOMEM;
    for (n = n ? n->next : top->first; n; n = n->next) {
        const struct node *l = tree_child(n, leaf, strlen(leaf));
        size_t size = l ? l->size : 0, length = strlen(n->name);

        if (!l || (size && (memchr(l->value, '\n', size) || memchr(l->value, 0, size))) || size + length > XENSTORE_PAYLOAD_MAX / 2)
            continue; /* who wants this one reads it */
        if (used + length + size + 8 > XENSTORE_PAYLOAD_MAX)
            break;
        memcpy(text + used, n->name, length);
        text[used + length] = ' ';
        if (size)
            memcpy(text + used + length + 1, l->value, size);
        used += length + size + 1;
        text[used++] = '\n';
    }
    strcpy(text + used, n ? "+\n" : "");
    *reply = text;
    return 0;
}

static int run_reload(const char *args, char **reply)
{
    (void)args, (void)reply;
    daemon_reload();
    return 0;
}

static const struct {
    const char *name, *help;
    int (*run)(const char *args, char **reply);
} commands[] = {
    {"check", "check the tree", run_check},
    {"help", "this list", run_help},
    {"live-update", "start the program anew with all its state and connections", run_reload},
    {"log", "on|off: log what clients do", run_log},
    {"print", "TEXT: write it to the log", run_print},
    {"quota", "[DOMID [nodes VALUE] | set NAME VALUE]: what a domain may have, and has; nodes of one domain, 0: as all", run_quota},
    {"values", "PATH LEAF [AFTER]: LEAF of each child of PATH, as many as fit", run_values},
};

static int run_help(const char *args, char **reply)
{
    size_t size;
    FILE *f = open_memstream(reply, &size);

    (void)args;
    if (!f)
        return ENOMEM;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(f, "%-12s %s\n", commands[i].name, commands[i].help);
    fclose(f);
    return 0;
}

int control_run(struct conn *c, const char *command, const char *args, size_t size, char **reply)
{
    char line[XENSTORE_PAYLOAD_MAX + 1];

    (void)c;
    /* Arguments come one after the other, each with its NUL. */
    for (size_t i = 0; i < size; i++)
        line[i] = args[i] ? args[i] : ' ';
    while (size && line[size - 1] == ' ')
        size--;
    line[size] = 0;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (!strcmp(command, commands[i].name))
            return commands[i].run(line, reply);
    return EINVAL;
}
