/* SPDX-License-Identifier: MIT */
#include "qemu.h"
#include "config.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOTE PXL_RUN "/%u.qemu"
#define SAID PXL_RUN "/%u.qemu-ended" /* the note of one whose end was told */
#define LOGS "/var/log/pxl"
#define LOG LOGS "/qemu-%.63s.log"
#define START_MS 30000
#define END_MS 5000

/* ---- the store ---- */

int p9_keys(struct device *d, xs_transaction_t t)
{
    const char *model = words_value(d->words, "security_model");

    return device_back(d, t, "path", words_value(d->words, "path")) || device_back(d, t, "security_model", model ? model : "none") ||
                   device_front_key(d, t, "tag", words_value(d->words, "tag"))
               ? -1
               : 0;
}

/* As xl writes them; QEMU itself goes by its arguments. */
int vfb_keys(struct device *d, xs_transaction_t t)
{
    static const char *const keys[][2] = {{"vnc", "1"},        {"vnclisten", "127.0.0.1"}, {"vncdisplay", "0"},
                                          {"vncunused", "1"},  {"keymap", NULL}};

    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *value = words_value(d->words, keys[i][0]);

        value = value ? value : keys[i][1];
        if (value && device_back(d, t, keys[i][0], value))
            return -1;
    }
    return device_back(d, t, "sdl", "0") || device_back(d, t, "opengl", "0") ? -1 : 0;
}

/* ---- the process ---- */

/* When the process began, in the kernel's units: with its number it names a process for ever. 0: there is none. */
static uint64_t started(pid_t pid)
{
    char path[40], line[1024] = "", *at;
    uint64_t when = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    f = fopen(path, "re");
    if (!f)
        return 0;
    at = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL; /* its name may have anything in it */
    fclose(f);
    for (unsigned i = 0; at && i < 20; i++)
        at = strchr(at + 1, ' ');
    if (!at || strstr(line, ") Z "))
        return 0;
    when = strtoull(at, NULL, 10);
    return when;
}

/* A descriptor of the process that the note names: -1 when there is no note (ENOENT) or no such process any more (ESRCH). */
static int noted(const char *path)
{
    unsigned long long when = 0;
    int pid = 0, fd;
    FILE *f = fopen(path, "re");

    if (!f)
        return -1;
    if (fscanf(f, "%d %llu", &pid, &when) != 2)
        pid = 0;
    fclose(f);
    fd = pid > 1 ? pidfd_open(pid, 0) : -1;
    if (fd >= 0 && started(pid) == when) /* asked when the descriptor is there: it is that one's */
        return fd;
    if (fd >= 0)
        close(fd);
    errno = ESRCH;
    return -1;
}

static bool over(int pidfd, int timeout_ms)
{
    struct pollfd f = {pidfd, POLLIN, 0};

    return poll(&f, 1, timeout_ms) > 0;
}

struct launch {
    const char *const *argv;
    const char *name;
    char note[64], log[128];
    bool vnc;   /* it has a display */
    int report; /* what went wrong, as an errno; nothing when it became QEMU */
};

static void become_qemu(const struct launch *l)
{
    int null = open("/dev/null", O_RDWR), log = open(l->log, O_WRONLY | O_CREAT | O_TRUNC, 0600), note, err;

    dup2(null, 0);
    dup2(log >= 0 ? log : null, 1);
    dup2(log >= 0 ? log : null, 2);
    note = open(l->note, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (note >= 0 && dprintf(note, "%d %lu %s\n", getpid(), started(getpid()), l->name) > 0 && !close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) &&
        !chdir("/"))
        execv(l->argv[0], (char *const *)l->argv);
    err = errno;
    unlink(l->note);
    if (write(l->report, &err, sizeof(err)) != sizeof(err))
        _exit(1);
    _exit(127);
}

/* It is nobody's child, so nobody has to wait for its end. */
static int launch(struct pxl *p, struct launch *l)
{
    int ends[2], err = 0;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC))
        return pxl_fail(p, "pipe", errno, NULL, "start %s", l->argv[0]);
    l->report = ends[1];
    child = fork();
    if (!child) {
        setsid();
        child = fork();
        if (!child)
            become_qemu(l);
        _exit(child < 0);
    }
    close(ends[1]);
    if (child < 0)
        err = errno;
    else
        waitpid(child, NULL, 0);
    if (read(ends[0], &err, sizeof(err)) < 0)
        err = errno;
    close(ends[0]);
    return err ? pxl_fail(p, "exec", err, NULL, "start %s", l->argv[0]) : 0;
}

/* Its last line, as a message can have it. */
static void last_words(const char *log, char *said, size_t size)
{
    char text[512];
    int fd = open(log, O_RDONLY | O_CLOEXEC);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    ssize_t n = fd >= 0 ? pread(fd, text, sizeof(text) - 1, end > 511 ? end - 511 : 0) : 0;
    char *line = text;

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    for (size_t i = strlen(text); i-- > 0 && isspace((unsigned char)text[i]);)
        text[i] = 0;
    if (strrchr(text, '\n'))
        line = strrchr(text, '\n') + 1;
    for (char *c = line; *c; c++)
        *c = isprint((unsigned char)*c) ? *c : ' ';
    snprintf(said, size, "%s", line);
}

/* ---- start and end ---- */

static int state_keys(struct pxl *p, xs_transaction_t t, void *arg)
{
    char path[64];

    snprintf(path, sizeof(path), QEMU_STATE, *(uint32_t *)arg);
    return store_remove(p, t, "%s", path) || store_mkdir(p, t, path, 0, (int)*(uint32_t *)arg) ? -1 : 0;
}

#define VNC_SAYS "VNC server running on " /* to its log, since it was given a range of displays */

/* It says in the store that it runs, and after that opens its display, or ends because it cannot. */
static bool serves(struct pxl *p, const struct launch *l, const char *path, char *vnc, size_t size)
{
    char *text = store_read(p, XBT_NULL, "%s/state", path);
    bool running = text && !strcmp(text, "running");

    free(text);
    if (!running || !l->vnc)
        return running;
    last_words(l->log, vnc, size);
    return !strncmp(vnc, VNC_SAYS, strlen(VNC_SAYS));
}

static int wait_running(struct pxl *p, uint32_t domid, const struct launch *l, char *vnc, size_t size)
{
    int64_t end = now_ms() + START_MS;
    struct wire w = {.fd = -1};
    char path[64], event[128], said[200];
    int fd = noted(l->note), rc;
    bool gone = fd < 0, good = false;

    snprintf(path, sizeof(path), QEMU_STATE, domid);
    rc = store_watch(p, &w, path);
    while (!rc && !good && !gone && !p->fault && now_ms() < end) {
        gone = over(fd, 0); /* first: what it said before it ended counts for nothing */
        good = !gone && serves(p, l, path, vnc, size);
        if (!good && !gone && wire_event(&w, 50, event, sizeof(event)) < 0)
            rc = pxl_fail(p, "store watch", errno, NULL, "hear from the store");
    }
    wire_close(&w);
    if (fd >= 0)
        close(fd);
    if (rc || good || p->fault)
        return rc || p->fault ? -1 : 0;
    last_words(l->log, said, sizeof(said));
    return pxl_fail(p, NULL, gone ? ECHILD : ETIMEDOUT, NULL, "%s%s%s (%s)",
                    gone ? "wait for it: it ended at once" : "wait for it: it does not say that it runs, for 30 s",
                    *said ? "; its last words: " : "", said, l->log);
}

/* Where its display is to be seen, as xl notes it: QEMU has chosen the port. */
static int vnc_note(struct pxl *p, uint32_t domid, char *line)
{
    char *port = strrchr(line, ':');

    if (!port)
        return 0;
    *port++ = 0;
    return store_write(p, XBT_NULL, line + strlen(VNC_SAYS), "/local/domain/%u/console/vnc-listen", domid) ||
                   store_write(p, XBT_NULL, port, "/local/domain/%u/console/vnc-port", domid)
               ? -1
               : 0;
}

int qemu_start(struct pxl *p, uint32_t domid, const char *name, const struct pxl_config *c)
{
    struct qemu_arguments a = {0};
    struct launch l = {.argv = a.argv, .name = name};
    char vnc[200] = "";

    snprintf(l.note, sizeof(l.note), NOTE, domid);
    snprintf(l.log, sizeof(l.log), LOG, name);
    if (mkdir(LOGS, 0755) && errno != EEXIST)
        return pxl_fail(p, "mkdir", errno, NULL, "make the folder " LOGS);
    if (store_change(p, state_keys, &domid) || step(p) || qemu_arguments(p, domid, name, c, &a))
        return pxl_wrap(p, "start the QEMU that has its back ends");
    l.vnc = *a.vnc;
    if (launch(p, &l) || step(p) || wait_running(p, domid, &l, vnc, sizeof(vnc)) || vnc_note(p, domid, vnc))
        return pxl_wrap(p, "start the QEMU that has its back ends");
    return 0;
}

void qemu_end(uint32_t domid)
{
    static const char *const files[] = {NOTE, SAID, QEMU_PASSWORD};
    char path[64];
    int fd;

    snprintf(path, sizeof(path), NOTE, domid);
    fd = noted(path);
    if (fd < 0 && errno == ENOENT && !qemu_has(domid))
        return;
    if (fd >= 0) {
        pidfd_send_signal(fd, SIGTERM, NULL, 0);
        if (!over(fd, END_MS)) {
            pidfd_send_signal(fd, SIGKILL, NULL, 0);
            over(fd, END_MS);
        }
        close(fd);
    }
    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), files[i], domid);
        unlink(path);
    }
}

bool qemu_has(uint32_t domid)
{
    char note[64], said[64];

    snprintf(note, sizeof(note), NOTE, domid);
    snprintf(said, sizeof(said), SAID, domid);
    return !access(note, F_OK) || !access(said, F_OK);
}

bool qemu_ended(uint32_t domid, char *said, size_t size)
{
    char path[64], name[64] = "", log[128];
    int fd;
    FILE *f;

    snprintf(path, sizeof(path), NOTE, domid);
    fd = noted(path);
    if (fd >= 0) {
        close(fd);
        return false;
    }
    if (access(path, F_OK))
        snprintf(path, sizeof(path), SAID, domid);
    f = fopen(path, "re");
    if (!f)
        return false;
    if (fscanf(f, "%*d %*u %63s", name) != 1)
        *name = 0;
    fclose(f);
    snprintf(log, sizeof(log), LOG, name);
    last_words(log, said, size);
    return true;
}

void qemu_each_ended(void (*ended)(void *arg, uint32_t domid, const char *said), void *arg)
{
    DIR *folder = opendir(PXL_RUN);
    struct dirent *e;

    while (folder && (e = readdir(folder))) {
        char note[64], told[64], words[200];
        char *rest;
        uint32_t domid = (uint32_t)strtoul(e->d_name, &rest, 10);

        if (rest == e->d_name || strcmp(rest, ".qemu") || !qemu_ended(domid, words, sizeof(words)))
            continue;
        snprintf(note, sizeof(note), NOTE, domid);
        snprintf(told, sizeof(told), SAID, domid);
        if (!rename(note, told)) /* else the domain just went */
            ended(arg, domid, words);
    }
    if (folder)
        closedir(folder);
}
