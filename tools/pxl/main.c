/* SPDX-License-Identifier: MIT */
/* pxl: finds the command, reads its options, opens the connection, runs it, says how it went. */
#include "command.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char *option(const struct call *c, const char *name)
{
    for (unsigned i = 0; i < OPTIONS_MAX && c->command->options[i].name; i++)
        if (!strcmp(c->command->options[i].name, name))
            return c->option[i];
    return NULL;
}

/* ---- JSON ---- */

void js_key(struct call *c, const char *key)
{
    if (key)
        yajl_gen_string(c->json, (const unsigned char *)key, strlen(key));
}

void js_open(struct call *c) { yajl_gen_map_open(c->json); }
void js_close(struct call *c) { yajl_gen_map_close(c->json); }
void js_list_end(struct call *c) { yajl_gen_array_close(c->json); }

void js_list(struct call *c, const char *key)
{
    js_key(c, key);
    yajl_gen_array_open(c->json);
}

/* What a guest printed may be no text at all: such bytes become U+FFFD. */
void js_text(struct call *c, const char *key, const char *value)
{
    unsigned char *text = malloc(3 * strlen(value) + 1);
    size_t n = 0;

    if (!text)
        abort();
    for (unsigned length; *value; value += length ? length : 1) {
        length = pxl_utf8(value);
        memcpy(text + n, length ? value : "\xef\xbf\xbd", length ? length : 3);
        n += length ? length : 3;
    }
    js_key(c, key);
    yajl_gen_string(c->json, text, n);
    free(text);
}

void js_number(struct call *c, const char *key, uint64_t value)
{
    char text[24];

    js_key(c, key);
    snprintf(text, sizeof(text), "%lu", value);
    yajl_gen_number(c->json, text, strlen(text));
}

/* In one line, as all else. */
void js_raw(struct call *c, const char *key, const char *json)
{
    char *line = strdup(json);
    bool inside = false;
    size_t n = 0;

    js_key(c, key);
    if (!line)
        abort();
    for (const char *at = json; *at; at++) {
        if (!inside && strchr(" \n\t\r", *at))
            continue;
        if (*at == '"')
            inside = !inside;
        line[n++] = *at;
        if (*at == '\\' && at[1])
            line[n++] = *++at;
    }
    yajl_gen_number(c->json, line, n); /* which it takes as it is */
    free(line);
}

void js_bool(struct call *c, const char *key, bool value)
{
    js_key(c, key);
    yajl_gen_bool(c->json, value);
}

static void js_fault(struct call *c, const struct pxl_fault *f)
{
    js_open(c);
    js_text(c, "what", f->what);
    if (f->call)
        js_text(c, "call", f->call);
    if (f->err)
        js_number(c, "errno", (uint64_t)f->err);
    if (f->why)
        js_text(c, "why", f->why);
    if (f->hint)
        js_text(c, "hint", f->hint);
    js_close(c);
}

/* ---- how it went ---- */

/* The object of a failure, instead of what the command had begun to say. */
static void json_failed(struct call *c)
{
    yajl_gen_free(c->json);
    c->json = yajl_gen_alloc(NULL);
    js_open(c);
    js_text(c, "command", c->command->name);
    js_bool(c, "ok", false);
    js_list(c, "faults");
    for (const struct pxl_fault *f = pxl_fault(c->p); f; f = f->cause)
        js_fault(c, f);
    js_list_end(c);
    js_close(c);
    c->said = true;
}

int failed(struct call *c)
{
    if (c->json)
        json_failed(c);
    else
        pxl_fault_print(stderr, pxl_fault(c->p));
    return 1;
}

int done(struct call *c, int rc)
{
    if (rc)
        return failed(c);
    if (c->json)
        yajl_gen_null(c->json);
    return 0;
}

int usage_error(struct call *c, const char *why)
{
    if (c->json && c->p) {
        pxl_fail(c->p, NULL, EINVAL, NULL, "understand the command: %s", why);
        json_failed(c);
        return 2;
    }
    fprintf(stderr, "pxl %s: %s\nusage: pxl %s [options] %s\n       pxl help %s says more\n", c->command->name, why,
            c->command->name, c->command->arguments, c->command->name);
    return 2;
}

int domain_arg(struct call *c, int i, uint32_t *domid)
{
    return pxl_find(c->p, c->argv[i], domid) ? failed(c) : 0;
}

int number_arg(struct call *c, int i, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(c->argv[i], &end, 0);
    return *c->argv[i] == '-' || end == c->argv[i] || *end || errno ? usage_error(c, "a number is wanted") : 0;
}

/* ---- the command line ---- */

static const struct command *find(const char *name)
{
    const struct command *found = NULL;
    unsigned n = 0;

    for (unsigned i = 0; i < nr_commands; i++) {
        if (!strcmp(commands[i].name, name))
            return &commands[i];
        if (!strncmp(commands[i].name, name, strlen(name))) {
            found = &commands[i];
            n++;
        }
    }
    if (n == 1)
        return found;
    fprintf(stderr, "pxl: %s: %s", name, n ? "could be" : "no such command; pxl help lists them");
    for (unsigned i = 0; n && i < nr_commands; i++)
        if (!strncmp(commands[i].name, name, strlen(name)))
            fprintf(stderr, " %s", commands[i].name);
    fputc('\n', stderr);
    return NULL;
}

#define LONG_ONLY 256
#define JSON_OPTION 1000
#define HELP_OPTION 1001

/* 0, or the exit status. */
static int options_read(struct call *c, int argc, char **argv, bool *help)
{
    struct option list[OPTIONS_MAX + 3] = {{0}};
    char letters[2 * OPTIONS_MAX + 3] = "h";
    unsigned n = 0;
    int o;

    for (; n < OPTIONS_MAX && c->command->options[n].name; n++) {
        const struct option_def *d = &c->command->options[n];

        list[n] = (struct option){d->name, d->argument ? required_argument : no_argument, NULL, LONG_ONLY + (int)n};
        if (d->letter)
            snprintf(letters + strlen(letters), 3, "%c%s", d->letter, d->argument ? ":" : "");
    }
    list[n] = (struct option){"json", no_argument, NULL, JSON_OPTION};
    list[n + 1] = (struct option){"help", no_argument, NULL, HELP_OPTION};
    while ((o = getopt_long(argc, argv, letters, list, NULL)) != -1) {
        if (o == '?')
            return usage_error(c, "see above");
        if (o == 'h' || o == HELP_OPTION)
            *help = true;
        if (o == JSON_OPTION)
            c->json = yajl_gen_alloc(NULL);
        for (unsigned i = 0; i < n; i++)
            if (o == LONG_ONLY + (int)i || o == c->command->options[i].letter)
                c->option[i] = optarg ? optarg : "";
    }
    c->argc = argc - optind;
    c->argv = argv + optind;
    return 0;
}

/* What a command prints becomes its result. */
static int run_captured(struct call *c)
{
    FILE *terminal = stdout;
    char *text;
    size_t size;
    int rc;

    stdout = open_memstream(&text, &size);
    if (!stdout)
        abort();
    rc = c->command->run(c);
    fclose(stdout);
    stdout = terminal;
    if (!rc)
        js_text(c, NULL, text);
    free(text);
    return rc;
}

static int run(struct call *c)
{
    unsigned flags = c->command->flags;
    int rc;

    if (c->json) {
        js_open(c);
        js_text(c, "command", c->command->name);
        js_bool(c, "ok", true);
        js_key(c, "result");
    }
    c->p = pxl_open((flags & NO_XEN ? PXL_NO_HYPERVISOR : 0u) | (flags & NO_STORE ? PXL_NO_STORE : 0u));
    if (!c->p)
        return 1;
    rc = pxl_fault(c->p) ? failed(c) : c->json && (flags & PRINTS) ? run_captured(c) : c->command->run(c);
    if (c->json && !c->said)
        js_close(c);
    return rc;
}

static void json_flush(struct call *c)
{
    const unsigned char *text;
    size_t n;

    if (yajl_gen_get_buf(c->json, &text, &n) == yajl_gen_status_ok && n) {
        fwrite(text, 1, n, stdout);
        fputc('\n', stdout);
    }
    yajl_gen_free(c->json);
}

int main(int argc, char **argv)
{
    struct call c = {0};
    bool help = false, json = false;
    int rc;

    while (argc > 1 && !strcmp(argv[1], "--json"))
        json = true, argv++, argc--;
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        argv = (char *[]){argv[0], (char *)"help", NULL}, argc = 2;
    c.command = find(argv[1]);
    if (!c.command)
        return 1;
    rc = options_read(&c, argc - 1, argv + 1, &help);
    if (rc)
        return rc;
    if (json && !c.json)
        c.json = yajl_gen_alloc(NULL);
    if (help) {
        c.argv = (char *[]){(char *)c.command->name};
        c.argc = 1;
        return cmd_help(&c);
    }
    if (c.argc < c.command->min || (c.command->max >= 0 && c.argc > c.command->max)) {
        c.p = c.json ? pxl_open(PXL_NO_HYPERVISOR | PXL_NO_STORE) : NULL;
        rc = usage_error(&c, c.argc < c.command->min ? "something is missing" : "too much is said");
    } else {
        rc = run(&c);
    }
    if (c.json)
        json_flush(&c);
    pxl_close(c.p);
    return fflush(stdout) || ferror(stdout) ? 1 : rc;
}
