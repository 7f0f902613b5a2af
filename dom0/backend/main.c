/* SPDX-License-Identifier: MIT */
/* pxbackd: the disks and network cards of all guests. See pxbackd(8). */
#define _GNU_SOURCE
#include "backend.h"
#include "hv.h"
#include "log.h"
#include "loop.h"
#include "service.h"
#include "store.h"
#include "turn.h"
#include "uring.h"
#include "xenbus.h"
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kind *const kinds[] = {&block_kind, &network_kind, &channel_kind, NULL};
static struct source signal_source;
static int signals;

static void usage(FILE *f)
{
    fputs("usage: pxbackd [-F] [-P FILE] [-v]\n"
          "The back ends of all guests' disks, network cards and channels, in place of xen-blkback, xen-netback and QEMU.\n"
          "  -F, --foreground   stay in the foreground, log to standard error\n"
          "  -P, --pid-file F   write the process number there once devices are served\n"
          "  -v, --verbose      log which devices come and go\n", f);
}

static void options(int argc, char **argv)
{
    static const struct option list[] = {SERVICE_OPTIONS, {0, 0, 0, 0}};
    int o;

    while ((o = getopt_long(argc, argv, SERVICE_LETTERS "h", list, NULL)) != -1) {
        if (service_option(o, optarg))
            continue;
        switch (o) {
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    }
    if (optind < argc) {
        usage(stderr);
        exit(2);
    }
}

/* Devices stay as they are: the next one takes them over. */
static void stop(void)
{
    for (unsigned i = 0; kinds[i]; i++)
        if (kinds[i]->stop)
            kinds[i]->stop();
    exit(0);
}

static void signal_event(struct source *s, uint32_t events)
{
    struct signalfd_siginfo info;

    (void)s;
    (void)events;
    while (read(signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo != SIGHUP)
            stop();
        xenbus_reread();
    }
}

static void start(void)
{
    struct rlimit files = {65536, 65536};

    mkdir("/run/pxl", 0755);
    mkdir(BACKEND_DIRECTORY, 0700);
    setrlimit(RLIMIT_NOFILE, &files);
    turn_start();
    signals = service_signals();
    signal_source.event = signal_event;
    if (loop_open() || signals < 0 || loop_add(signals, &signal_source, EPOLLIN))
        service_die("epoll");
    if (service_lock(BACKEND_DIRECTORY "/lock"))
        service_die("another pxbackd is running, or " BACKEND_DIRECTORY " cannot be written");
    if (hv_open())
        service_die("the hypervisor");
    if ((errno = uring_open()))
        service_die("io_uring");
    if (ports_open())
        service_die("event channels (modprobe xen-evtchn)");
    if (grants_open())
        service_die("grants (modprobe xen-gntdev)");
    for (unsigned i = 0; kinds[i]; i++) {
        int err = kinds[i]->start ? kinds[i]->start() : 0;

        if (err) {
            errno = err;
            service_die(kinds[i]->name);
        }
    }
    xenbus_kinds(kinds);
}

static int sooner(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

int main(int argc, char **argv)
{
    bool ready = false;

    options(argc, argv);
    log_open("pxbackd", service_foreground);
    if (service_background())
        service_die("daemon");
    start();
    for (;;) {
        int pause = store_find();
        bool more = false;

        pause = sooner(pause, xenbus_round());
        for (unsigned i = 0; kinds[i]; i++)
            more |= kinds[i]->round && kinds[i]->round();
        ports_round();
        if (!ready && store_is_there()) {
            ready = true;
            service_pid_file();
            service_ready();
        }
        uring_wait(more ? 0 : pause);
    }
}
