/* SPDX-License-Identifier: MIT */
#include "program.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TAIL 400

/* The last that it printed. */
struct tail {
    char text[TAIL + 1];
    size_t n;
};

static void tail_add(struct tail *t, const char *data, size_t n)
{
    if (n > TAIL) {
        data += n - TAIL;
        n = TAIL;
    }
    if (t->n + n > TAIL) {
        size_t drop = t->n + n - TAIL;

        memmove(t->text, t->text + drop, t->n - drop);
        t->n -= drop;
    }
    memcpy(t->text + t->n, data, n);
    t->n += n;
    t->text[t->n] = 0;
}

/* Its last line that is not empty, without what a terminal would not show. */
static const char *tail_line(struct tail *t)
{
    char *last;

    for (size_t i = 0; i < t->n; i++)
        if (t->text[i] != '\n' && !isprint((unsigned char)t->text[i]))
            t->text[i] = ' ';
    while (t->n && isspace((unsigned char)t->text[t->n - 1]))
        t->text[--t->n] = 0;
    last = strrchr(t->text, '\n');
    return last ? last + 1 : t->text;
}

static void child(const struct program *g, int out)
{
    int null = open("/dev/null", O_RDONLY);

    if (!g->terminal) {
        setpgid(0, 0);
        dup2(null, 0);
        dup2(out, 1);
        dup2(out, 2);
    }
    for (unsigned i = 0; g->env && g->env[i]; i++)
        putenv((char *)g->env[i]);
    if (!getenv("PATH"))
        putenv((char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    if (g->terminal && !getenv("TERM"))
        putenv((char *)"TERM=vt100");
    execvp(g->argv[0], (char *const *)g->argv);
    dprintf(2, "%s: %s\n", g->argv[0], strerror(errno));
    _exit(127);
}

static pid_t start(const struct program *g, int *from)
{
    int ends[2];
    pid_t pid;

    if (g->terminal) {
        pid = forkpty(from, NULL, NULL, NULL);
        if (pid == 0)
            child(g, -1);
        return pid;
    }
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    pid = fork();
    if (pid == 0)
        child(g, ends[1]);
    close(ends[1]);
    *from = ends[0];
    if (pid < 0)
        close(ends[0]);
    return pid;
}

/* Until it closes its output; false when the time is over. A script may leave a daemon behind that keeps the output open: its own end is
 * what counts. */
static bool follow(pid_t pid, int from, int64_t end, struct tail *t, int *status)
{
    char data[1024];

    for (;;) {
        struct pollfd f = {from, POLLIN, 0};
        int64_t left = end - now_ms();
        ssize_t n = 0;

        if (left <= 0)
            return false;
        if (poll(&f, 1, left < 50 ? (int)left : 50) > 0) {
            n = read(from, data, sizeof(data));
            if (n > 0)
                tail_add(t, data, (size_t)n);
        }
        if (n <= 0 && waitpid(pid, status, WNOHANG) == pid)
            return true;
        if (f.revents && n <= 0)
            nanosleep(&(struct timespec){0, 5000000}, NULL); /* it closed its output, and is about to end */
    }
}

int program_run(struct pxl *p, const struct program *g)
{
    struct tail t = {.n = 0};
    int from = -1, status = 0;
    pid_t pid = start(g, &from);
    bool ended;
    const char *said;

    if (pid < 0)
        return pxl_fail(p, "fork", errno, NULL, "run %s", g->argv[0]);
    ended = follow(pid, from, now_ms() + g->timeout_ms, &t, &status);
    if (!ended) {
        kill(-pid, SIGKILL);
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    close(from);
    said = tail_line(&t);
    if (!ended)
        return pxl_fail(p, NULL, ETIMEDOUT, NULL, "wait for %s: it did not end within %d s%s%s", g->argv[0], g->timeout_ms / 1000,
                        *said ? "; its last words: " : "", said);
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return 0;
    return pxl_fail(p, NULL, 0, NULL, "run %s: it ended with %s %d%s%s", g->argv[0], WIFEXITED(status) ? "status" : "signal",
                    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), *said ? "; its last words: " : "", said);
}
