/* SPDX-License-Identifier: MIT */
/*
 * Inside of the configuration: both syntaxes are read to assignments, a key with its values as text; one table
 * (config.c) knows what each key means, and makes assignments of a configuration again. So what one syntax can say the other can.
 */
#ifndef PXL_CONFIG_H
#define PXL_CONFIG_H

#include "internal.h"

struct assignment {
    const char *key;
    bool list, number;    /* list: n values; number: it was not quoted, and shall not be */
    bool append;          /* += */
    unsigned n;
    char **value;
    unsigned line;        /* where it stood, 0: nowhere */
};

struct assigner {
    struct pxl *p;
    struct pxl_config *c;
    const char *source;
    bool strict;
};

/* One assignment into the configuration. 0, or -1 with a fault that names source and line. */
int config_assign(struct assigner *a, const struct assignment *s);
/* Calls put for each key that is not as pxl_config_init() left it, in the table's order. */
void config_each(const struct pxl_config *c, void (*put)(void *arg, const struct assignment *s), void *arg);

/* The names of the keys, up to n of them; how many there are. */
unsigned config_keys(const char **names, unsigned n);

int config_read_xl(struct assigner *a, const char *text, size_t size);
int config_read_json(struct assigner *a, const char *text, size_t size);

char *disk_print(const struct pxl_disk *d);   /* malloc'ed */
char *vif_print(const struct pxl_vif *v);

int tsc_mode_number(const char *mode);      /* as the hypervisor numbers them, or -1 */
bool words_have(const char *const *words, unsigned n, const char *s, unsigned *index);
const char *words_value(const struct pxl_strings *s, const char *key); /* of "key=value", or NULL */
char *text_dup(const char *s, size_t n);      /* never NULL */
bool text_is_number(const char *s);           /* a whole one, as JSON has it too: it can stand in both syntaxes without quotes */
bool text_valid(const char *s);               /* UTF-8, which JSON wants */

#endif
