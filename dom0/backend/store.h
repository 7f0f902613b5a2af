/* SPDX-License-Identifier: MIT */
/* The connection to the store. While there is none, devices go on; when it is back, all is looked at anew. */
#ifndef BACKEND_STORE_H
#define BACKEND_STORE_H

#include <stdbool.h>

/* Tries, if there is none and the last attempt was long enough ago. How long the loop may sleep for its sake; -1: it need not wake. */
int store_find(void);
bool store_is_there(void);
unsigned store_own_domid(void);

/* All of these fail while there is no store. */
char *store_read(const char *path);      /* malloc'ed; NULL: none */
bool store_has(const char *path);
bool store_write(const char *path, const char *text);
bool store_write_there(const char *path, const char *text); /* only over what is there */
void store_remove(const char *path);
char **store_list(const char *path, unsigned *n); /* one block to free(); NULL: none */
bool store_watch(const char *path, const char *token);
void store_unwatch(const char *path, const char *token);

#endif
