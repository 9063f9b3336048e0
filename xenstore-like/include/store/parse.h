/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading what a request's payload says: numbers, strings, paths. */
#ifndef STORE_PARSE_H
#define STORE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/io/xs_wire.h>

/* Room for any absolute path and its NUL. */
#define PATH_ROOM (XENSTORE_ABS_PATH_MAX + 1)

/**
 * parse_uint - the number that the whole of @s spells in decimal
 * @s:   NUL-terminated, untrusted
 * @max: the largest that is accepted
 * @out: set on success
 *
 * Returns: 0; -EINVAL other characters, none, or above @max.
 */
int parse_uint(const char *s, unsigned int max, unsigned int *out);

/**
 * parse_strings - split a payload into its NUL-terminated strings
 * @data: the payload
 * @len:  its bytes
 * @out:  set to the starts of the first @max strings
 * @max:  entries at @out
 *
 * Returns: how many strings there are, which may be more than @max; -EINVAL
 *          the last byte is not a NUL.
 */
int parse_strings(const char *data, size_t len, const char **out, int max);

/**
 * path_parse - the absolute form of a path, checked
 * @s:       NUL-terminated, untrusted
 * @domid:   a relative path starts at /local/domain/@domid/
 * @rel_max: longest path, in bytes, not counting /local/domain/N/
 * @special: accept the names of special watches, which begin with @
 * @out:     PATH_ROOM bytes, set to the path on success
 *
 * Returns: length of the path without NUL, in bytes; -EINVAL it has other
 *          characters than [-A-Za-z0-9/_@], an empty component, ends in a
 *          slash, or is too long.
 * Source:  the public description of xenstore; limits in <xen/io/xs_wire.h>.
 */
int path_parse(const char *s, uint16_t domid, unsigned int rel_max,
               bool special, char *out);

/** path_is_special - the name of a special watch, not a node's path */
static inline bool path_is_special(const char *path) { return path[0] == '@'; }

/**
 * path_parent_len - length of the parent's path
 * @path: absolute, checked, not "/"
 * @len:  its length in bytes
 *
 * Returns: bytes of @path that name the parent ("/" for "/a").
 */
size_t path_parent_len(const char *path, size_t len);

/**
 * path_next - step through the components of a checked absolute path
 * @pos:  where to go on: at first the path itself, then as left by this
 * @name: set to the component
 *
 * Returns: bytes of the component; 0 there is no further one.
 */
size_t path_next(const char **pos, const char **name);

#endif
