/* SPDX-License-Identifier: MIT */
/* Domains made, stopped, ended. */
#include "command.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- create ---- */

static void created(void *arg, uint32_t domid, const char *name)
{
    struct call *c = arg;

    if (c->json) {
        js_open(c);
        js_number(c, "domid", domid);
        js_text(c, "name", name);
        js_close(c);
    } else if (!option(c, "quiet")) {
        printf("%s is domain %u\n", name, domid);
    }
}

static void progress(void *arg, int level, const char *message)
{
    const struct call *c = arg;

    if (level == 0 || (level == 1 && !option(c, "quiet") && isatty(2)))
        fprintf(stderr, "%s\n", message);
}

/* The assignments behind the files hold for each of them. */
static int config_make(struct call *c, struct pxl_config *config, const char *file)
{
    bool strict = option(c, "strict");

    pxl_config_init(config);
    if (access(file, R_OK) || pxl_config_read_file(c->p, config, file, strict)) {
        bool unreadable = access(file, R_OK);

        if (unreadable)
            pxl_fail(c->p, "open", errno, NULL, "read the configuration %s", file);
        return failed(c), unreadable ? 3 : 1;
    }
    for (int i = 0; i < c->argc; i++)
        if (strchr(c->argv[i], '=') && pxl_config_set(c->p, config, c->argv[i], strict))
            return failed(c);
    return 0;
}

static int create_file(struct call *c, const char *file)
{
    struct pxl_create_options o = {.paused = option(c, "paused") || option(c, "console"), .created = created, .arg = c};
    struct pxl_config config;
    uint32_t domid = 0;
    char *text;
    int rc = config_make(c, &config, file);

    if (!rc && option(c, "count")) {
        char *end;

        o.count = (unsigned)strtoul(option(c, "count"), &end, 10);
        if (*end || !o.count || o.count > 30000)
            rc = usage_error(c, "--count takes 1 to 30000");
    }
    if (!rc && option(c, "dryrun")) {
        rc = pxl_config_check(c->p, &config) ? failed(c) : 0;
        text = rc ? NULL : pxl_config_to_json(&config);
        if (text && c->json)
            js_raw(c, NULL, text);
        else if (text)
            fputs(text, stdout);
        free(text);
    } else if (!rc) {
        if (pxl_keeper_start(c->p))
            failed(c); /* it can do without */
        rc = pxl_create(c->p, &config, &o, &domid) ? failed(c), 3 : 0;
    }
    pxl_config_free(&config);
    if (!rc && option(c, "console") && !option(c, "dryrun")) {
        int console = console_open(c, domid); /* before it runs: it may end at once */

        if (console < 0)
            return 1;
        if (!option(c, "paused") && pxl_unpause(c->p, domid))
            return failed(c);
        rc = console_talk(console);
    }
    return rc;
}

int cmd_create(struct call *c)
{
    int rc = 0, files = 0;

    pxl_set_log(c->p, progress, c);
    if (c->json)
        js_list(c, NULL);
    if (option(c, "defconfig")) {
        rc = create_file(c, option(c, "defconfig"));
        files++;
    }
    for (int i = 0; i < c->argc && !rc; i++) {
        if (strchr(c->argv[i], '='))
            continue;
        files++;
        rc = create_file(c, c->argv[i]);
    }
    if (!files)
        return usage_error(c, "a configuration file is wanted"), 6;
    if (c->json && !rc)
        js_list_end(c);
    return rc;
}

/* ---- each named domain ---- */

static int each(struct call *c, int (*act)(struct pxl *p, uint32_t domid))
{
    uint32_t domid;

    if (c->json)
        js_list(c, NULL);
    for (int i = 0; i < c->argc; i++) {
        if (domain_arg(c, i, &domid))
            return 1;
        if (act(c->p, domid))
            return failed(c);
        if (c->json)
            yajl_gen_integer(c->json, domid);
    }
    if (c->json)
        js_list_end(c);
    return 0;
}

int cmd_destroy(struct call *c)
{
    return each(c, pxl_destroy);
}

int cmd_pause(struct call *c)
{
    return each(c, pxl_pause);
}

int cmd_unpause(struct call *c)
{
    return each(c, pxl_unpause);
}

/* ---- ask them to end ---- */

static int ask(struct pxl *p, uint32_t domid, int how)
{
    return pxl_shutdown(p, domid, how);
}

static int end_domains(struct call *c, int how)
{
    struct pxl_dominfo *list = NULL;
    uint32_t *ids;
    unsigned n = 0, all = 0;
    int rc = 0, reason;

    if (!c->argc && !option(c, "all"))
        return usage_error(c, "a domain is wanted, or --all"), 1;
    if (option(c, "all") && pxl_domains(c->p, &list, &all))
        return failed(c);
    ids = calloc(all + (unsigned)c->argc + 1, sizeof(*ids));
    if (!ids)
        return 1;
    for (unsigned i = 0; i < all; i++)
        if (list[i].domid && !list[i].shutdown && !list[i].dying)
            ids[n++] = list[i].domid;
    for (int i = 0; i < c->argc && !rc && !all; i++)
        rc = domain_arg(c, i, &ids[n++]);
    for (unsigned i = 0; i < n && !rc; i++) {
        rc = ask(c->p, ids[i], how) ? failed(c) : 0;
        if (!rc && !c->json)
            printf("%s domain %u\n", how == PXL_SHUTDOWN_REBOOT ? "Rebooting" : "Shutting down", ids[i]);
    }
    for (unsigned i = 0; i < n && !rc && option(c, "wait"); i++)
        rc = pxl_wait_end(c->p, ids[i], -1, &reason) ? failed(c) : 0;
    if (c->json && !rc) {
        js_list(c, NULL);
        for (unsigned i = 0; i < n; i++)
            yajl_gen_integer(c->json, ids[i]);
        js_list_end(c);
    }
    free(ids);
    free(list);
    return rc;
}

int cmd_shutdown(struct call *c)
{
    return end_domains(c, PXL_SHUTDOWN_POWEROFF);
}

int cmd_reboot(struct call *c)
{
    return end_domains(c, PXL_SHUTDOWN_REBOOT);
}

/* ---- small things ---- */

int cmd_keeper(struct call *c)
{
    if (option(c, "daemon") ? pxl_keeper_start(c->p) : pxl_keeper_run(c->p))
        return failed(c);
    if (c->json)
        yajl_gen_null(c->json);
    return 0;
}

int cmd_trigger(struct call *c)
{
    uint32_t domid;
    uint64_t vcpu = 0;
    int rc = c->argc > 2 ? number_arg(c, 2, &vcpu) : 0;

    if (rc || domain_arg(c, 0, &domid))
        return rc ? rc : 1;
    return done(c, pxl_trigger(c->p, domid, c->argv[1], (unsigned)vcpu));
}

int cmd_sysrq(struct call *c)
{
    uint32_t domid;

    if (!c->argv[1][0] || c->argv[1][1])
        return usage_error(c, "one letter is wanted");
    if (domain_arg(c, 0, &domid))
        return 1;
    return done(c, pxl_sysrq(c->p, domid, c->argv[1][0]));
}

int cmd_config_update(struct call *c)
{
    struct pxl_config config;
    uint32_t domid;
    int rc;

    if (domain_arg(c, 0, &domid))
        return 1;
    pxl_config_init(&config);
    rc = pxl_domain_config(c->p, domid, &config) ? failed(c) : 0;
    for (int i = 1; i < c->argc && !rc; i++) {
        if (strchr(c->argv[i], '=')) {
            rc = pxl_config_set(c->p, &config, c->argv[i], option(c, "strict")) ? failed(c) : 0;
        } else {
            pxl_config_free(&config);
            pxl_config_init(&config);
            rc = pxl_config_read_file(c->p, &config, c->argv[i], false) ? failed(c) : 0;
        }
    }
    if (!rc)
        rc = done(c, pxl_domain_config_set(c->p, domid, &config));
    pxl_config_free(&config);
    return rc;
}
