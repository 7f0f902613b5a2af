/* SPDX-License-Identifier: MIT */
/* pxl why: what refused a domain, and how it ended. */
#include "command.h"
#include <string.h>
#include <time.h>

#define CONSOLE_LINES 10

static const struct {
    const char *word, *meaning, *advice;
} ends[] = {
    {"poweroff", "it powered off by itself", "nothing is wrong; pxl create starts it again"},
    {"reboot", "it asked for a reboot", "on_reboot= says what the keeper does then"},
    {"suspend", "it suspended itself", "pxl destroy removes it"},
    {"crash", "its kernel gave up, or the hypervisor ended it", "its last console lines say what it met; what was refused stands above"},
    {"watchdog", "its watchdog ran out: it did nothing for too long", "pxl vcpu-list and pxl sched-credit2 show whether it got time"},
    {"soft-reset", "it asked for a soft reset, which PV guests do not have", "kexec without soft reset: reboot it instead"},
};
#define NR_ENDS (int)(sizeof(ends) / sizeof(ends[0]))

static const char *state_of(const struct pxl_why *w)
{
    const struct pxl_dominfo *d = &w->info;

    return !w->alive ? "gone" : d->dying ? "dying" : d->shutdown ? "ended, not removed" : d->paused ? "paused"
           : d->running ? "running" : "waiting for something";
}

/* What to look at next. */
static const char *advice_of(const struct pxl_why *w)
{
    if (w->never)
        return "pxl create again, which also says what to try";
    if (!strcmp(w->action, "not-restarted"))
        return "it ended so soon and so often that it is not started again; pxl destroy and pxl create, once it is mended";
    if (w->ended && w->reason >= 0 && w->reason < NR_ENDS)
        return ends[w->reason].advice;
    if (w->alive && w->info.dying)
        return "back ends still have its memory: unplug its devices, or end the programs that mapped it";
    if (w->alive && w->info.paused)
        return "pxl unpause lets it go on";
    if (w->nr_refusals)
        return "what was refused stands above; a kernel that goes on after it has taken the no";
    return w->ended ? "it was ended from outside; pxl create starts it again" : "nothing was refused";
}

static void tail_text(const char *text, size_t size)
{
    const char *at = text + size;
    unsigned lines = 0;

    while (at > text && (at[-1] != '\n' || at == text + size || ++lines < CONSOLE_LINES))
        at--;
    for (; at < text + size; at++) {
        if (at == text || at[-1] == '\n')
            fputs("    ", stdout);
        if (*at != '\r')
            putchar((unsigned char)*at < 32 && *at != '\n' && *at != '\t' ? '.' : *at);
    }
    if (size && text[size - 1] != '\n')
        putchar('\n');
}

static void text(const struct pxl_why *w)
{
    char when[40] = "";
    time_t t = w->when;
    struct tm tm;

    if (w->when)
        strftime(when, sizeof(when), " at %Y-%m-%d %H:%M:%S", localtime_r(&t, &tm));
    if (w->never) {
        printf("%s: never made\n  pxl create%s: %s\n  try: %s\n", w->name, when, w->text, advice_of(w));
        return;
    }
    printf("domain %u (%s): %s\n", w->domid, *w->name ? w->name : "its name is not known", state_of(w));
    if (w->ended && w->reason >= 0 && w->reason < NR_ENDS)
        printf("  end: %s%s: %s\n", ends[w->reason].word, when, ends[w->reason].meaning);
    else if (w->ended)
        printf("  end: destroyed%s while it lived\n", when);
    if (*w->action)
        printf("  then: %s\n", w->action);
    if (*w->text)
        printf("  the hypervisor: %s\n", w->text);
    if (w->nr_refusals)
        printf("  refused last, oldest first:\n");
    for (unsigned i = 0; i < w->nr_refusals; i++) {
        const struct pxl_refusal *r = &w->refusal[i];

        printf("    %lu.%03lu s vCPU %u %s: %s (%s)\n", r->time / 1000000000, r->time / 1000000 % 1000, r->vcpu, r->call, r->text,
               strerror(r->err));
    }
    if (w->qemu_ended)
        printf("  its QEMU has ended, p9= and vfb= do not work any more: %s\n", *w->qemu ? w->qemu : "it said nothing");
    if (w->log && *w->log) {
        printf("  the hypervisor's log:\n");
        tail_text(w->log, strlen(w->log));
    }
    if (w->console.size) {
        printf("  its console:\n");
        tail_text(w->console.text, w->console.size);
    }
    printf("  try: %s\n", advice_of(w));
}

static void json(struct call *c, const struct pxl_why *w)
{
    js_open(c);
    if (!w->never)
        js_number(c, "domid", w->domid);
    js_text(c, "name", w->name);
    js_text(c, "state", w->never ? "never made" : state_of(w));
    js_bool(c, "ended", w->ended);
    if (w->ended)
        js_text(c, "reason", w->reason >= 0 && w->reason < NR_ENDS ? ends[w->reason].word : "destroyed");
    if (w->when)
        js_number(c, "time", (uint64_t)w->when);
    if (*w->action)
        js_text(c, "action", w->action);
    if (*w->text)
        js_text(c, w->never ? "failure" : "hypervisor", w->text);
    if (w->qemu_ended)
        js_text(c, "qemu_ended", w->qemu);
    js_list(c, "refusals");
    for (unsigned i = 0; i < w->nr_refusals; i++) {
        const struct pxl_refusal *r = &w->refusal[i];

        js_open(c);
        js_number(c, "seq", r->seq);
        js_number(c, "time_ns", r->time);
        js_number(c, "vcpu", r->vcpu);
        js_text(c, "call", r->call);
        js_number(c, "sub", r->sub);
        js_number(c, "errno", (uint64_t)r->err);
        js_text(c, "why", r->text);
        js_close(c);
    }
    js_list_end(c);
    js_text(c, "log", w->log ? w->log : "");
    js_text(c, "console", w->console.text ? w->console.text : "");
    js_text(c, "hint", advice_of(w));
    js_close(c);
}

int cmd_why(struct call *c)
{
    struct pxl_why w;

    if (pxl_why(c->p, c->argv[0], &w))
        return failed(c);
    if (c->json)
        json(c, &w);
    else
        text(&w);
    pxl_why_free(&w);
    return 0;
}
