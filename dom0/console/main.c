/* SPDX-License-Identifier: MIT */
/* pxconsoled: the console daemon. See pxconsoled(8). */
#define _GNU_SOURCE
#include "client.h"
#include "clock.h"
#include "daemon.h"
#include "guest.h"
#include "log.h"
#include "service.h"
#include "storelink.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCAN_PAUSE_MS 20 /* looks at all domains are so far apart, however many come and go */

struct logfile_rules log_rules = {.directory = "/var/log/pxl/console", .size = 1u << 20, .keep = 3};

static const char *directory = "/run/pxconsoled";
static bool hypervisor_log = true;
static struct source signal_source;
static int signals;
static bool scan_wanted = true;
static uint64_t last_scan;
static uint32_t log_index;
static char *log_path;

static void usage(FILE *f)
{
    fputs("usage: pxconsoled [-F] [-D DIR] [-P FILE] [-v] [--log-dir DIR] [--log-size KIB] [--log-keep N] [--no-log] [--no-hv-log]\n"
          "The consoles of all domains, in place of xenconsoled.\n"
          "  -F, --foreground   stay in the foreground, log to standard error\n"
          "  -D, --dir DIR      where the socket is (default /run/pxconsoled)\n"
          "  -P, --pid-file F   write the process number there once clients can connect\n"
          "  -v, --verbose      log which domains come and go\n"
          "      --log-dir DIR  what guests print goes to DIR/NAME.log (default /var/log/pxl/console)\n"
          "      --log-size KIB a log is that long, then it becomes NAME.log.1 (default 1024; 0: no end)\n"
          "      --log-keep N   so many older ones are kept (default 3)\n"
          "      --no-log       no logs\n"
          "      --no-hv-log    not the hypervisor's own, hypervisor.log\n", f);
}

static unsigned long number(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end) {
        fprintf(stderr, "pxconsoled: %s is not a number\n", text);
        exit(2);
    }
    return n;
}

static void options(int argc, char **argv)
{
    static const struct option list[] = {
        SERVICE_OPTIONS,        {"dir", 1, 0, 'D'},    {"log-dir", 1, 0, 'l'},   {"log-size", 1, 0, 's'},
        {"log-keep", 1, 0, 'k'}, {"no-log", 0, 0, 'n'}, {"no-hv-log", 0, 0, 'H'}, {0, 0, 0, 0}};
    int o;

    while ((o = getopt_long(argc, argv, SERVICE_LETTERS "D:h", list, NULL)) != -1) {
        if (service_option(o, optarg))
            continue;
        switch (o) {
        case 'D': directory = optarg; break;
        case 'l': log_rules.directory = optarg; break;
        case 's': log_rules.size = (uint64_t)number(optarg) << 10; break;
        case 'k': log_rules.keep = (unsigned)number(optarg); break;
        case 'n': log_rules.directory = NULL; break;
        case 'H': hypervisor_log = false; break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    }
    if (optind < argc) {
        usage(stderr);
        exit(2);
    }
}

static void folder_make(const char *path, mode_t mode)
{
    char part[4096];

    snprintf(part, sizeof(part), "%s", path);
    for (char *c = part + 1; *c; c++) {
        if (*c != '/')
            continue;
        *c = 0;
        mkdir(part, 0755);
        *c = '/';
    }
    if (mkdir(part, mode) && errno != EEXIST)
        service_die(part);
}

/* ---- the store ---- */

static bool store_begin(void)
{
    if (!xs_watch(storelink(), "@introduceDomain", "introduce") || !xs_watch(storelink(), "@releaseDomain", "release"))
        return false;
    scan_wanted = true;
    guests_store_new();
    return true;
}

static void store_event(const char *path, const char *token)
{
    if (!strcmp(token, GUESTS_WATCH))
        guests_watch_event(path);
    else
        scan_wanted = true;
}

/* ---- the hypervisor's log ---- */

static void log_news(void)
{
    const char *text;
    ssize_t n;
    int rc;

    while ((n = hv_log(&log_index, &text)) > 0) {
        rc = logfile_append(&log_rules, log_path, text, (size_t)n);
        if (rc)
            log_line(LOG_ERROR, "%s: %s", log_path, strerror(rc));
    }
}

static void log_start(void)
{
    if (!hypervisor_log || !log_rules.directory)
        return;
    log_path = logfile_path(&log_rules, "hypervisor");
    if (!log_path || guests_log_events(log_news))
        log_line(LOG_NOTE, "the hypervisor's log is not kept: %s", strerror(errno));
    else
        log_news();
}

/* ---- the loop ---- */

static void signal_event(struct source *s, uint32_t events)
{
    struct signalfd_siginfo info;

    (void)s;
    (void)events;
    while (read(signals, &info, sizeof(info)) == sizeof(info))
        if (info.ssi_signo != SIGHUP) /* logs are opened for each piece: nothing is to be renewed */
            exit(0);
}

/* How long the loop may sleep for the sake of a look at all domains, which is made here when it is due. */
static int scan(void)
{
    uint64_t now = clock_ms();

    if (!storelink() || !scan_wanted)
        return -1;
    if (last_scan && now - last_scan < SCAN_PAUSE_MS)
        return (int)(SCAN_PAUSE_MS - (now - last_scan));
    scan_wanted = false;
    guests_scan();
    last_scan = clock_ms();
    return 0;
}

static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

int main(int argc, char **argv)
{
    char lock[4096];

    options(argc, argv);
    folder_make(directory, 0755);
    if (log_rules.directory)
        folder_make(log_rules.directory, 0700);
    /* A pseudo-terminal a guest: none may fail for want of a number. */
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){65536, 65536});
    log_open("pxconsoled", service_foreground);
    if (service_background())
        service_die("daemon");
    signals = service_signals();
    signal_source.event = signal_event;
    if (loop_open() || signals < 0 || loop_add(signals, &signal_source, EPOLLIN))
        service_die("epoll");
    snprintf(lock, sizeof(lock), "%s/lock", directory);
    if (service_lock(lock))
        service_die("another pxconsoled is running");
    if (hv_open() || guests_open())
        service_die("the hypervisor");
    if (clients_open(directory))
        service_die(directory);
    storelink_find(store_begin, store_event);
    log_start();
    scan();
    service_pid_file();
    service_ready();
    for (;;) {
        int pause = storelink_find(store_begin, store_event);

        pause = sooner(pause, scan());
        loop_round(sooner(pause, guests_serve()));
    }
}
