/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store in memory behind libxenstore's own calls, which can be told to fail
 * at any one of them, to refuse commits and to act when a node is written.
 */
#ifndef DEVICE_STORE_H
#define DEVICE_STORE_H

#include <stdbool.h>
#include <stddef.h>

/* Which call fails: counts down at each; 0 never, 1 the next. */
extern unsigned int fake_fail_in;
/* From which call on all fail, as for a process that died; counts down. */
extern unsigned int fake_dead_in;
extern bool fake_dead;
/* Whether the last armed failure has happened. */
extern bool fake_failed;
/* So many commits are answered with EAGAIN. */
extern unsigned int fake_conflicts;
/* Transactions that were started so far. */
extern unsigned int fake_starts;
/* Called after a node has its new value outside or at the end of one. */
extern void (*fake_on_write)(const char *path, const char *value);

/**
 * fake_step - one more call that can fail, for fakes of other libraries
 * Returns: true it has to fail now
 */
bool fake_step(void);

/**
 * fake_reset - an empty store that never fails
 */
void fake_reset(void);

/**
 * fake_set, fake_rm, fake_get - change and read past all faults
 * Returns: the value, valid until the next change; NULL no such node
 */
void fake_set(const char *path, const char *value);
void fake_rm(const char *path);
const char *fake_get(const char *path);

/**
 * fake_perms - permissions of a node as text, e.g. "n0,r7"
 */
const char *fake_perms(const char *path);

/**
 * fake_dump - the whole store as text, one "path=value perms" a line, for
 * free()
 */
char *fake_dump(void);

#endif
