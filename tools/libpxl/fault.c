/* SPDX-License-Identifier: MIT */
#include "internal.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static struct pxl_fault no_memory = {.what = (char *)"record why something failed", .err = ENOMEM,
                                     .why = (char *)"out of memory"};

void fault_clear(struct pxl *p)
{
    for (struct pxl_fault *f = p->fault, *next; f && f != &no_memory; f = next) {
        next = f->cause;
        free(f->what);
        free(f->why);
        free(f->hint);
        free(f);
    }
    p->fault = NULL;
}

const struct pxl_fault *pxl_fault(const struct pxl *p)
{
    return p->fault;
}

static int add(struct pxl *p, const char *call, int err, const char *hint, const char *what, va_list ap)
{
    struct pxl_fault *f = calloc(1, sizeof(*f));

    if (!f || vasprintf(&f->what, what, ap) < 0) {
        free(f);
        fault_clear(p);
        p->fault = &no_memory;
        return -1;
    }
    f->call = call;
    f->err = err;
    f->why = err ? strdup(strerror(err)) : NULL;
    f->hint = hint ? strdup(hint) : NULL;
    f->cause = p->fault == &no_memory ? NULL : p->fault;
    p->fault = f;
    return -1;
}

int pxl_fail(struct pxl *p, const char *call, int err, const char *hint, const char *what, ...)
{
    va_list ap;

    fault_clear(p);
    va_start(ap, what);
    add(p, call, err, hint, what, ap);
    va_end(ap);
    return -1;
}

int pxl_wrap(struct pxl *p, const char *what, ...)
{
    va_list ap;

    va_start(ap, what);
    add(p, NULL, 0, NULL, what, ap);
    va_end(ap);
    return -1;
}

/* The cause of a level stands on the line below it, deeper. */
void pxl_fault_print(FILE *f, const struct pxl_fault *fault)
{
    int depth = 0;

    for (; fault; fault = fault->cause, depth++) {
        fprintf(f, "%*s%s%s", depth * 2, "", depth ? "" : "cannot ", fault->what);
        if (fault->call)
            fprintf(f, ": %s", fault->call);
        if (fault->why)
            fprintf(f, ": %s", fault->why);
        fputc('\n', f);
        if (fault->hint)
            fprintf(f, "%*stry: %s\n", depth * 2 + 2, "", fault->hint);
    }
}

void pxl_log(struct pxl *p, int level, const char *format, ...)
{
    char *text;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = NULL;
    va_end(ap);
    if (text && p->log)
        p->log(p->log_arg, level, text);
    else if (text && !level)
        fprintf(stderr, "%s\n", text);
    free(text);
}

bool step_fails(struct pxl *p)
{
    static const char *kill_at, *fail_at;
    static unsigned steps;

    if (!steps++) {
        kill_at = getenv("PXL_KILL_AT");
        fail_at = getenv("PXL_FAIL_AT");
    }
    if (kill_at && strtoul(kill_at, NULL, 10) == steps)
        raise(SIGKILL);
    if (!p->injecting || !fail_at || strtoul(fail_at, NULL, 10) != steps)
        return false;
    pxl_fail(p, "PXL_FAIL_AT", EIO, NULL, "go on at step %u", steps);
    return true;
}
