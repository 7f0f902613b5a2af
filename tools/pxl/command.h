/* SPDX-License-Identifier: MIT */
/*
 * pxl's commands: one table (table.c) from which dispatch, help, completion and the manual page are made. A command is one
 * function; what it got from the command line, and where its result goes, is in its struct call.
 *
 * With --json a command prints one object: {"command":…, "ok":true, "result":…}, or {"command":…, "ok":false,
 * "faults":[{"what":…, "call":…, "errno":…, "why":…, "hint":…}, …]}, outermost fault first. Errno and hint only where there are any.
 *
 * Exit status as xl's: 0 done, 1 failed, 2 called wrongly; create has 3 for failed and 6 for no file, and shutdown, reboot and
 * sched-credit2 have 1 when it is not said which domain.
 */
#ifndef PXL_COMMAND_H
#define PXL_COMMAND_H

#include <pxl.h>
#include <yajl/yajl_gen.h>

struct option_def {
    char letter;          /* 0: only the long name */
    const char *name;     /* long name */
    const char *argument; /* NULL: takes none */
    const char *help;
};

#define OPTIONS_MAX 12

struct call {
    struct pxl *p;
    const struct command *command;
    int argc;             /* what is left without options */
    char **argv;
    const char *option[OPTIONS_MAX]; /* by its place in the table: NULL, "" or the argument */
    yajl_gen json;        /* NULL: print for people */
    bool said;            /* json is the whole object of a failure */
};

enum { PRINTS = 16 /* its result is what it prints */, NEEDS_DOMAIN = 1 /* the first argument is one, for completion */, NEEDS_FILE = 2, NO_XEN = 4, NO_STORE = 8 };

struct command {
    const char *name, *arguments, *summary;
    int min, max;         /* arguments; max -1: any number */
    unsigned flags;
    int (*run)(struct call *c);
    struct option_def options[OPTIONS_MAX];
    /* The form of its result with --json, which the manual page explains and tests hold it to: text, number, bool, null, object (any),
     * [FORM] a list of any length, {key:FORM key?:FORM *:FORM} an object (? may be missing; *: all other keys), FORM | FORM. */
    const char *result;
};

extern const struct command commands[];
extern const unsigned nr_commands;

/* "" or the argument when that option was given, by its long name. */
const char *option(const struct call *c, const char *name);
/* 0 and the domain of argument i, or 1 after saying why not. */
int domain_arg(struct call *c, int i, uint32_t *domid);
int number_arg(struct call *c, int i, uint64_t *out);
/* Says the present fault of c->p and returns 1. */
int failed(struct call *c);
int done(struct call *c, int rc); /* the end of a command that has nothing to say: failed(), or null under --json */
int usage_error(struct call *c, const char *why);

/* ---- results as JSON: in an object or a list that was opened ---- */
void js_open(struct call *c);                                   /* { */
void js_close(struct call *c);
void js_list(struct call *c, const char *key);                  /* [ ; key NULL inside a list */
void js_list_end(struct call *c);
void js_key(struct call *c, const char *key);
void js_text(struct call *c, const char *key, const char *value);
void js_number(struct call *c, const char *key, uint64_t value);
void js_raw(struct call *c, const char *key, const char *json);   /* a value that is JSON already */
void js_bool(struct call *c, const char *key, bool value);

/* The commands themselves. */
int cmd_create(struct call *c);
int cmd_list(struct call *c);
int cmd_destroy(struct call *c);
int cmd_shutdown(struct call *c);
int cmd_reboot(struct call *c);
int cmd_pause(struct call *c);
int cmd_unpause(struct call *c);
int cmd_console(struct call *c);
int console_open(struct call *c, uint32_t domid); /* a descriptor, or -1 after saying why */
int console_talk(int fd);                         /* until Ctrl-] or the domain's end; exit status */
void terminal_keys(bool raw_output); /* this terminal gives each key at once, Ctrl-C too, until the end of the program */
int cmd_info(struct call *c);
int cmd_dmesg(struct call *c);
int cmd_vcpu_list(struct call *c);
int cmd_vcpu_pin(struct call *c);
int cmd_vcpu_set(struct call *c);
int cmd_mem_set(struct call *c);
int cmd_mem_max(struct call *c);
int cmd_sched_credit2(struct call *c);
int cmd_domid(struct call *c);
int cmd_domname(struct call *c);
int cmd_rename(struct call *c);
int cmd_uptime(struct call *c);
int cmd_top(struct call *c);
int cmd_trigger(struct call *c);
int cmd_sysrq(struct call *c);
int cmd_debug_keys(struct call *c);
int cmd_config_update(struct call *c);
int cmd_vm_list(struct call *c);
int cmd_block_attach(struct call *c);
int cmd_block_detach(struct call *c);
int cmd_block_list(struct call *c);
int cmd_network_attach(struct call *c);
int cmd_network_detach(struct call *c);
int cmd_network_list(struct call *c);
int cmd_why(struct call *c);
int cmd_check(struct call *c);
int cmd_keeper(struct call *c);
int cmd_help(struct call *c);
int cmd_completion(struct call *c);
int cmd_man(struct call *c);

#endif
