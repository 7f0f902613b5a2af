/* SPDX-License-Identifier: MIT */
/* What the table says of itself: help, completion for bash, the manual page. */
#include "command.h"
#include <string.h>

static void option_line(const struct option_def *o)
{
    char text[64];

    snprintf(text, sizeof(text), "%c%c%s--%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? ", " : "  ",
             o->name, o->argument ? " " : "", o->argument ? o->argument : "");
    printf("  %-28s %s\n", text, o->help);
}

static int help_one(const struct command *k)
{
    printf("usage: pxl %s [options] %s\n%s\n", k->name, k->arguments, k->summary);
    for (unsigned i = 0; i < OPTIONS_MAX && k->options[i].name; i++)
        option_line(&k->options[i]);
    option_line(&(struct option_def){0, "json", NULL, "print the result, or the fault, as one JSON object"});
    printf("its result in JSON: %s\n", k->result);
    return 0;
}

static void js_command(struct call *c, const struct command *k)
{
    js_open(c);
    js_text(c, "name", k->name);
    js_text(c, "arguments", k->arguments);
    js_text(c, "summary", k->summary);
    js_list(c, "options");
    for (unsigned i = 0; i < OPTIONS_MAX && k->options[i].name; i++) {
        char letter[2] = {k->options[i].letter, 0};

        js_open(c);
        js_text(c, "name", k->options[i].name);
        if (*letter)
            js_text(c, "letter", letter);
        if (k->options[i].argument)
            js_text(c, "argument", k->options[i].argument);
        js_text(c, "help", k->options[i].help);
        js_close(c);
    }
    js_list_end(c);
    js_text(c, "result", k->result);
    js_close(c);
}

/* In JSON a list of one command, or of all. */
static int js_help(struct call *c)
{
    unsigned said = 0;

    js_list(c, NULL);
    for (unsigned i = 0; i < nr_commands; i++) {
        if (c->argc && (said || strncmp(commands[i].name, c->argv[0], strlen(c->argv[0]))))
            continue;
        js_command(c, &commands[i]);
        said++;
    }
    js_list_end(c);
    return said ? 0 : usage_error(c, "no such command");
}

int cmd_help(struct call *c)
{
    if (c->json)
        return js_help(c);
    if (c->argc) {
        for (unsigned i = 0; i < nr_commands; i++)
            if (!strncmp(commands[i].name, c->argv[0], strlen(c->argv[0])))
                return help_one(&commands[i]);
        return usage_error(c, "no such command");
    }
    puts("usage: pxl [--json] COMMAND [options] [arguments]\n"
         "Domains of Philoxen and of Xen. A command may be shortened while it is clear which is meant.\n");
    for (unsigned i = 0; i < nr_commands; i++)
        printf("  %-15s %s\n", commands[i].name, commands[i].summary);
    puts("\npxl help COMMAND says more; pxl(1) and pxl.cfg(5) say it all.");
    return 0;
}

/* `cases`: names of commands with one of the flags, for a case of the shell. */
static void cases(unsigned flag, const char *action)
{
    const char *bar = "";

    printf("    ");
    for (unsigned i = 0; i < nr_commands; i++) {
        if (!(commands[i].flags & flag))
            continue;
        printf("%s%s", bar, commands[i].name);
        bar = "|";
    }
    printf(") COMPREPLY+=($(%s -- \"$word\")) ;;\n", action);
}

int cmd_completion(struct call *c)
{
    (void)c;
    puts("_pxl()\n{\n    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}\n    COMPREPLY=()\n"
         "    if [ \"$COMP_CWORD\" = 1 ]; then");
    printf("        COMPREPLY=($(compgen -W '");
    for (unsigned i = 0; i < nr_commands; i++)
        printf("%s%s", i ? " " : "", commands[i].name);
    puts("' -- \"$word\"))\n        return\n    fi\n    case $word in -*)\n        case $command in");
    for (unsigned i = 0; i < nr_commands; i++) {
        printf("        %s) COMPREPLY=($(compgen -W '--json --help", commands[i].name);
        for (unsigned k = 0; k < OPTIONS_MAX && commands[i].options[k].name; k++)
            printf(" --%s", commands[i].options[k].name);
        puts("' -- \"$word\")) ;;");
    }
    puts("        esac\n        return ;;\n    esac\n    case $command in");
    cases(NEEDS_DOMAIN, "compgen -W \"$(pxl list 2>/dev/null | awk 'NR > 1 { print $1 }')\"");
    cases(NEEDS_FILE, "compgen -f");
    puts("    esac\n}\ncomplete -F _pxl pxl");
    return 0;
}

/* A minus in a manual page is a hyphen unless it is escaped. */
static void roff(const char *s)
{
    for (; *s; s++) {
        if (*s == '-')
            fputs("\\-", stdout);
        else
            putchar(*s);
    }
}

int cmd_man(struct call *c)
{
    (void)c;
    puts(".TH PXL 1 \"\" \"Philoxen\" \"Philoxen\"\n.SH NAME\npxl \\- domains of Philoxen and of Xen\n.SH SYNOPSIS\n"
         ".B pxl\n[\\-\\-json] COMMAND [options] [arguments]\n.SH DESCRIPTION\n"
         "Makes, shows, changes and ends PV domains. Names, options, columns and exit codes are those of xl(1) where it has the "
         "same command. A command may be shortened while it is clear which is meant.\n.PP\n"
         "A failure is a chain: what was asked, which step, which hypercall and errno, why in words, and what to try; a line each.\n"
         ".SH COMMANDS");
    for (unsigned i = 0; i < nr_commands; i++) {
        printf(".TP\n.B ");
        roff(commands[i].name);
        printf("\n.I ");
        roff(*commands[i].arguments ? commands[i].arguments : "\\&");
        printf("\n.br\n%s\n", commands[i].summary);
        for (unsigned k = 0; k < OPTIONS_MAX && commands[i].options[k].name; k++) {
            const struct option_def *o = &commands[i].options[k];

            printf(".RS\n.TP\n.B ");
            if (o->letter)
                printf("\\-%c, ", o->letter);
            printf("\\-\\-");
            roff(o->name);
            printf(" %s\n%s\n.RE\n", o->argument ? o->argument : "", o->help);
        }
    }
    puts(".SH JSON\nWith \\-\\-json every command prints one object: {\"command\", \"ok\": true, \"result\"}, or "
         "{\"command\", \"ok\": false, \"faults\": [{\"what\", \"call\", \"errno\", \"why\", \"hint\"}, \\&...]}, the outermost fault "
         "first; of a fault what and, where there are such, the other four.\n.PP\n"
         "The results have these forms: text, number, bool, null; object: any; [FORM]: a list; {key:FORM}: an object, where key? may be "
         "missing and * stands for any other key; | means or. A configuration is an object of the keys of pxl.cfg(5).");
    for (unsigned i = 0; i < nr_commands; i++) {
        printf(".TP\n.B ");
        roff(commands[i].name);
        printf("\n");
        roff(commands[i].result);
        printf("\n");
    }
    puts(         ".SH EXIT STATUS\n0 done, 1 failed, 2 called wrongly.\n.SH SEE ALSO\npxl.cfg(5), pxstored(8), pxconsoled(8)");
    return 0;
}
