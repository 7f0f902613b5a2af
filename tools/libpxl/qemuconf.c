/* SPDX-License-Identifier: MIT */
/* p9= and vfb=: what their words mean, to the store and to QEMU. */
#include "config.h"
#include "qemu.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const paths[] = {"/usr/libexec/xen-qemu-system-i386", "/usr/lib/xen-4.17/bin/qemu-system-i386",
                                    "/usr/lib/xen/bin/qemu-system-i386"};

static bool word_says(const struct pxl_strings *s, const char *key, const char *value)
{
    const char *word = words_value(s, key);

    return word && !strcmp(word, value);
}

/* Each word is one of the known ones. */
static int words_check(struct pxl *p, const char *what, const struct pxl_strings *s, const char *const *known)
{
    for (unsigned i = 0; i < s->n; i++) {
        unsigned k = 0;

        while (known[k] && !(!strncmp(s->s[i], known[k], strlen(known[k])) && s->s[i][strlen(known[k])] == '='))
            k++;
        if (!known[k])
            return pxl_fail(p, NULL, EINVAL, "pxl.cfg(5) has its words", "understand \"%s\" of %s", s->s[i], what);
    }
    return 0;
}

static int p9_check(struct pxl *p, const struct pxl_strings *s)
{
    static const char *const known[] = {"tag", "path", "security_model", "backend", NULL};
    const char *tag = words_value(s, "tag"), *path = words_value(s, "path"), *model = words_value(s, "security_model");

    if (words_check(p, "p9", s, known))
        return -1;
    if (!tag || !*tag || strlen(tag) > 31 || !path || *path != '/')
        return pxl_fail(p, NULL, EINVAL, "\"tag=share,path=/srv/share,security_model=none\"",
                        "use a p9: it is a tag of 1 to 31 bytes and a path that begins with /");
    if (model && strcmp(model, "none") && strcmp(model, "mapped") && strcmp(model, "passthrough"))
        return pxl_fail(p, NULL, EINVAL, "none, mapped or passthrough", "use security_model=%s of a p9", model);
    return 0;
}

static int vfb_check(struct pxl *p, const struct pxl_strings *s)
{
    static const char *const known[] = {"type",    "vnc", "vnclisten", "vncpasswd", "vncdisplay", "vncunused", "keymap",
                                        "backend", "sdl", "opengl",    "display",   "xauthority", NULL};
    const char *number = words_value(s, "vncdisplay"), *listen = words_value(s, "vnclisten");

    if (words_check(p, "vfb", s, known))
        return -1;
    if (word_says(s, "sdl", "1") || word_says(s, "opengl", "1") || word_says(s, "type", "sdl"))
        return pxl_fail(p, NULL, EOPNOTSUPP, "vfb=[\"vnc=1\"]", "show a vfb by SDL: only VNC there is");
    if (number && (!*number || number[strspn(number, "0123456789")] || strtoul(number, NULL, 10) > 9999))
        return pxl_fail(p, NULL, EINVAL, "vncdisplay=1", "use vncdisplay=%s", number);
    if (listen && listen[strcspn(listen, ", ")])
        return pxl_fail(p, NULL, EINVAL, "vnclisten=127.0.0.1", "use vnclisten=%s", listen);
    return 0;
}

int qemu_config_check(struct pxl *p, const struct pxl_config *c)
{
    for (unsigned i = 0; i < c->nr_p9s; i++)
        if (p9_check(p, &c->p9s[i]))
            return -1;
    if (c->nr_vfbs > 1)
        return pxl_fail(p, NULL, EOPNOTSUPP, "one vfb", "give the domain %u frame buffers", c->nr_vfbs);
    return c->nr_vfbs ? vfb_check(p, &c->vfbs[0]) : 0;
}

static const char *qemu_path(void)
{
    for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (!access(paths[i], X_OK))
            return paths[i];
    return NULL;
}

int qemu_find(struct pxl *p, const struct pxl_config *c)
{
    const char *key = c->nr_p9s ? "p9=" : "vfb=";

    if (!c->nr_p9s && !c->nr_vfbs)
        return 0;
    if (!qemu_path())
        return pxl_fail(p, NULL, ENOENT, "apt-get install qemu-system-xen", "find QEMU, which has the back end of %s: there is no %s",
                        key, paths[0]);
    if (c->nr_channels)
        return pxl_fail(p, NULL, EOPNOTSUPP, NULL, "give one domain %s and channel=: QEMU would take pxbackd's channels", key);
    for (unsigned i = 0; i < c->nr_p9s; i++) {
        const char *path = words_value(&c->p9s[i], "path");
        struct stat st;

        if (stat(path, &st) || (!S_ISDIR(st.st_mode) && (errno = ENOTDIR)))
            return pxl_fail(p, "stat", errno, NULL, "share the folder %s", path);
    }
    return 0;
}

/* ---- its arguments: as xl gives them, without the sockets that nobody here uses ---- */

static int password_write(struct pxl *p, uint32_t domid, const char *password)
{
    char path[64];
    size_t n = strlen(password);
    int fd;

    snprintf(path, sizeof(path), QEMU_PASSWORD, domid);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, password, n) != (ssize_t)n) {
        pxl_fail(p, "write", errno, NULL, "keep the password of its display in %s", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

static int vnc_arguments(struct pxl *p, uint32_t domid, const struct pxl_strings *s, struct qemu_arguments *a, unsigned *n)
{
    const char *listen = words_value(s, "vnclisten"), *number = words_value(s, "vncdisplay"), *password = words_value(s, "vncpasswd");
    const char *keymap = words_value(s, "keymap");
    bool any = !word_says(s, "vncunused", "0") && !(number && !words_value(s, "vncunused"));

    password = password && *password ? password : NULL;
    if (password && password_write(p, domid, password))
        return -1;
    if (word_says(s, "vnc", "0")) {
        a->argv[(*n)++] = "-vnc";
        a->argv[(*n)++] = "none";
    } else {
        number = number ? number : "0";
        /* It says on which one it is only if it was given a range. */
        snprintf(a->vnc, sizeof(a->vnc), "%s:%s,to=%s%s", listen ? listen : "127.0.0.1", number, any ? "99" : number,
                 password ? ",password-secret=vnc" : "");
        a->argv[(*n)++] = "-vnc";
        a->argv[(*n)++] = a->vnc;
    }
    if (password) {
        snprintf(a->secret, sizeof(a->secret), "secret,id=vnc,file=" QEMU_PASSWORD, domid);
        a->argv[(*n)++] = "-object";
        a->argv[(*n)++] = a->secret;
    }
    if (keymap && *keymap) {
        a->argv[(*n)++] = "-k";
        a->argv[(*n)++] = keymap;
    }
    return 0;
}

int qemu_arguments(struct pxl *p, uint32_t domid, const char *name, const struct pxl_config *c, struct qemu_arguments *a)
{
    const char *const first[] = {qemu_path(), "-xen-domid", a->domid, "-xen-attach", "-no-shutdown", "-nodefaults", "-no-user-config",
                                 "-machine", "xenpv", "-m", a->memory, "-display", "none", "-monitor", "none", "-name", name};
    unsigned n = sizeof(first) / sizeof(first[0]);

    if (!first[0])
        return pxl_fail(p, NULL, ENOENT, NULL, "find %s", paths[0]);
    memcpy(a->argv, first, sizeof(first));
    snprintf(a->domid, sizeof(a->domid), "%u", domid);
    snprintf(a->memory, sizeof(a->memory), "%lu", c->memory);
    if (c->nr_vfbs && vnc_arguments(p, domid, &c->vfbs[0], a, &n))
        return -1;
    a->argv[n] = NULL;
    return 0;
}
