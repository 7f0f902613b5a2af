/* SPDX-License-Identifier: MIT */
/*
 * Programs at the daemon's socket. Requests are lines; the answer's first line is `ok ...` or `error ERRNO WORDS`:
 *
 *   list            ok BYTES, then a line a console: ID UUID alive|dead BYTES NAME
 *   history KEY     ok BYTES ID UUID NAME, then that many bytes: the last a running guest printed
 *   dead KEY        the same of a guest that has ended; the newest that fits
 *   attach KEY      ok BYTES ID UUID NAME, then BYTES bytes of history and all that follows; what the client sends is typed.
 *                   The connection ends with the guest.
 *   ready ID [PORT FRAME]  ok, as soon as that domain's console was taken: nothing that it prints from now on is lost. With port and
 *                   frame of its console the store is not asked.
 *
 * KEY is a number, a name or a UUID. After all but attach the client may ask again.
 */
#ifndef CONSOLE_CLIENT_H
#define CONSOLE_CLIENT_H

struct guest;

/* Listens in that folder. 0 or -1: errno. */
int clients_open(const char *directory);
/* The guest printed, ended, or has room for what is typed: to be said to those that are attached. */
void clients_printed(struct guest *g);
void clients_ended(struct guest *g);
void clients_room(struct guest *g);

#endif
