/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "netscript.h"
#include "loop.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct netscript {
    struct source source; /* first: buried */
    int fd;               /* of the process */
    pid_t pid;
    void (*done)(void *of, int status);
    void *of;
};

static void netscript_event(struct source *source, uint32_t events)
{
    struct netscript *s = (struct netscript *)source;
    int status = -1;

    (void)events;
    if (waitpid(s->pid, &status, WNOHANG) == 0)
        return;
    loop_remove(s->fd);
    close(s->fd);
    if (s->done)
        s->done(s->of, status);
    loop_bury(&s->source);
}

static pid_t start(const char *script, char *const *args, char *const *environment)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none;
    pid_t pid;
    int err;

    sigemptyset(&none);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    err = posix_spawn(&pid, script, &files, &attr, args, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attr);
    errno = err;
    return err ? -1 : pid;
}

struct netscript *netscript_run(const char *script, bool online, const char *name, const char *back, void (*done)(void *of, int status),
                                void *of)
{
    char path[256], vif[64], own[256], type[] = "type_if=vif";
    char *args[] = {(char *)script, online ? "online" : "offline", type, NULL};
    char *environment[] = {path, vif, own, "XENBUS_TYPE=vif", "XENBUS_BASE_PATH=backend",
                           "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", NULL};
    struct netscript *s = calloc(1, sizeof(*s));
    const char *relative = strstr(back, "/backend/");

    if (!s)
        return NULL;
    snprintf(path, sizeof(path), "XENBUS_PATH=%s", relative ? relative + 1 : back);
    snprintf(vif, sizeof(vif), "vif=%s", name);
    snprintf(own, sizeof(own), "script=%s", script);
    *s = (struct netscript){.source.event = netscript_event, .fd = -1, .done = done, .of = of};
    s->pid = start(script, args, environment);
    if (s->pid > 0)
        s->fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
    if (s->fd >= 0 && !loop_add(s->fd, &s->source, EPOLLIN))
        return s;
    if (s->fd >= 0)
        close(s->fd);
    free(s);
    return NULL;
}

void netscript_forget(struct netscript *s)
{
    if (s)
        s->done = NULL;
}
