/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of a command line (pure). */
#pragma once

#include <hv/types.h>

/* The hypervisor's own command line, without the image's name. */
extern const char *hv_cmdline;

/**
 * cmdline_get - value of the last word `name=VALUE' of @line
 * @buf: set to VALUE, cut to @size; empty for a bare `name'
 *
 * Returns: true if the word is there.
 */
bool cmdline_get(const char *line, const char *name, char *buf, size_t size);

/* cmdline_list - is @word in `name=A,B,...'?  @def: there is no such word */
bool cmdline_list(const char *line, const char *name, const char *word,
                  bool def);

/* cmdline_flag - `name' or `name=1|yes|on|true', `no-name' / `name=0|...' */
bool cmdline_flag(const char *line, const char *name, bool def);

/* parse_size - "512M", "1G", "4096B"; KiB without a unit; -1 if malformed */
int parse_size(const char *s, const char **end, uint64_t *out);

/* parse_u64 - decimal or 0x hexadecimal; -1 if malformed */
int parse_u64(const char *s, const char **end, uint64_t *out);
