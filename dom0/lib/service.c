/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "service.h"
#include "log.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

bool service_foreground;

static const char *pid_file;
static int waiting_starter = -1; /* its pipe */

bool service_option(int letter, const char *argument)
{
    switch (letter) {
    case 'F': service_foreground = true; return true;
    case 'P': pid_file = argument; return true;
    case 'v': log_level = LOG_DETAIL; return true;
    default: return false;
    }
}

void service_die(const char *what)
{
    const char *why = strerror(errno);

    if (waiting_starter >= 0) /* who started it still looks */
        fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
    log_line(LOG_ERROR, "%s: %s", what, why);
    exit(1);
}

int service_listen(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t old;
    int rc;

    if (fd < 0)
        return -1;
    if (strlen(path) >= sizeof(a.sun_path)) {
        errno = ENAMETOOLONG;
        rc = -1;
    } else {
        strcpy(a.sun_path, path);
        unlink(path);
        old = umask(0077);
        rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
        umask(old);
    }
    if (rc || listen(fd, 128)) {
        close(fd);
        return -1;
    }
    return fd;
}


int service_background(void)
{
    int ends[2];
    char byte;
    pid_t pid;

    if (service_foreground)
        return 0;
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    pid = fork();
    if (pid < 0)
        return -1;
    if (pid) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(ends[0]);
    waiting_starter = ends[1];
    return setsid() < 0 || chdir("/") ? -1 : 0;
}

/* Until now errors could be said to who started it. */
void service_ready(void)
{
    int null;

    if (waiting_starter < 0)
        return;
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
    if (write(waiting_starter, "", 1) == 1)
        close(waiting_starter);
    waiting_starter = -1;
}

int service_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

#define LOCK_TRIES 30
#define LOCK_PAUSE_NS 100000000

int service_lock(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    for (unsigned i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
        if (!flock(fd, LOCK_EX | LOCK_NB))
            return 0;
        if (errno != EWOULDBLOCK)
            return -1;
        nanosleep(&(struct timespec){0, LOCK_PAUSE_NS}, NULL);
    }
    return -1;
}

void service_pid_file(void)
{
    FILE *f = pid_file ? fopen(pid_file, "we") : NULL;

    if (f) {
        fprintf(f, "%d\n", getpid());
        fclose(f);
    } else if (pid_file) {
        log_line(LOG_ERROR, "%s: %s", pid_file, strerror(errno));
    }
}
