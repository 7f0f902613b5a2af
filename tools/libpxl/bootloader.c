/* SPDX-License-Identifier: MIT */
#include "bootloader.h"
#include "program.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_MS 120000
#define ANSWER_MOST 16384
#define ARGUMENTS 64

/* A name without a folder is one of Xen's own programs, or is found by PATH. */
static void program_path(const char *name, char *path, size_t size)
{
    static const char *const folders[] = {"/usr/lib/xen-4.17/bin", "/usr/libexec/xen/bin", "/usr/lib/xen/bin"};

    for (unsigned i = 0; i < 3 && !strchr(name, '/'); i++) {
        snprintf(path, size, "%s/%s", folders[i], name);
        if (!access(path, X_OK))
            return;
    }
    snprintf(path, size, "%s", name);
}

static int run(struct pxl *p, const struct pxl_config *c, const char *answer, const struct boot *b)
{
    const char *argv[ARGUMENTS + 8];
    char path[256], *args[6] = {NULL};
    unsigned n = 0, k = 0;
    int rc;

    program_path(c->bootloader, path, sizeof(path));
    argv[n++] = path;
    if ((c->kernel && asprintf(&args[k++], "--kernel=%s", c->kernel) < 0) ||
        (c->ramdisk && asprintf(&args[k++], "--ramdisk=%s", c->ramdisk) < 0) ||
        (*b->cmdline && asprintf(&args[k++], "--args=%s", b->cmdline) < 0) ||
        asprintf(&args[k++], "--output=%s", answer) < 0 || asprintf(&args[k++], "--output-directory=%s", b->folder) < 0)
        abort();
    for (unsigned i = 0; i < k; i++)
        argv[n++] = args[i];
    argv[n++] = "--output-format=simple0";
    for (unsigned i = 0; i < c->bootloader_args.n; i++)
        argv[n++] = c->bootloader_args.s[i];
    argv[n++] = c->disks[0].target;
    argv[n] = NULL;
    rc = program_run(p, &(struct program){.argv = argv, .terminal = true, .timeout_ms = TIMEOUT_MS});
    for (unsigned i = 0; i < k; i++)
        free(args[i]);
    return rc;
}

static void take(char **to, const char *value)
{
    free(*to);
    *to = strdup(value);
    if (!*to)
        abort();
}

/* "kernel PATH", "ramdisk PATH", "args TEXT", each with a NUL behind it. */
static int answer_read(struct pxl *p, const struct pxl_config *c, const char *path, struct boot *b)
{
    char text[ANSWER_MOST + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, ANSWER_MOST);

    if (fd >= 0)
        close(fd);
    if (n < 0 || n == ANSWER_MOST)
        return pxl_fail(p, "read", n < 0 ? errno : E2BIG, NULL, "read the answer of %s", c->bootloader);
    text[n] = 0;
    for (char *at = text; at < text + n; at += strlen(at) + 1) {
        if (!strncmp(at, "kernel ", 7))
            take(&b->kernel, at + 7);
        else if (!strncmp(at, "ramdisk ", 8))
            take(&b->ramdisk, at + 8);
        else if (!strncmp(at, "args ", 5))
            take(&b->cmdline, at + 5);
        else if (*at)
            return pxl_fail(p, NULL, EINVAL, NULL, "understand \"%.40s\" of %s", at, c->bootloader);
    }
    if (b->kernel)
        return 0;
    return pxl_fail(p, NULL, ENOENT, "its configuration must have a default: nobody chooses", "find a kernel by %s: it named none", c->bootloader);
}

int boot_find(struct pxl *p, const struct pxl_config *c, const char *folder, struct boot *b)
{
    char answer[128];
    int fd;

    *b = (struct boot){.folder = ""};
    if (!c->nr_disks || !c->disks[0].target || c->disks[0].format != PXL_RAW)
        return pxl_fail(p, NULL, EINVAL, "disk=[\"/srv/guest.img,raw,xvda,w\"]", "run %s: the first disk must be a raw one", c->bootloader);
    if (c->bootloader_args.n > ARGUMENTS)
        return pxl_fail(p, NULL, E2BIG, NULL, "run %s: it gets at most %u arguments", c->bootloader, ARGUMENTS);
    if (mkdir(folder, 0700))
        return pxl_fail(p, "mkdir", errno, NULL, "make the folder %s", folder);
    snprintf(b->folder, sizeof(b->folder), "%s", folder);
    snprintf(answer, sizeof(answer), "%s/answer", folder);
    fd = open(answer, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return pxl_fail(p, "open", errno, NULL, "make %s", answer);
    close(fd);
    if (asprintf(&b->cmdline, "%s%s%s%s%s", c->cmdline ? c->cmdline : "", !c->cmdline && c->root ? "root=" : "",
                 !c->cmdline && c->root ? c->root : "", !c->cmdline && c->root && c->extra ? " " : "",
                 !c->cmdline && c->extra ? c->extra : "") < 0)
        abort();
    if (run(p, c, answer, b) || answer_read(p, c, answer, b))
        return pxl_wrap(p, "find the kernel in %s", c->disks[0].target);
    return 0;
}

void boot_folder_remove(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *e;

    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(folder);
}

void boot_free(struct boot *b)
{
    if (*b->folder)
        boot_folder_remove(b->folder);
    free(b->kernel);
    free(b->ramdisk);
    free(b->cmdline);
    *b = (struct boot){.folder = ""};
}
