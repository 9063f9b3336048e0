/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, written and read: our only doorway to a JSON library, so that the
 * library can be exchanged in one file.
 */
#ifndef PEL_JSON_H
#define PEL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;
struct pel_json;        /* a value that was read */
struct pel_json_writer; /* a text that grows */

/**
 * pel_json_writer_new - begin a text
 * @pretty: indent, for people
 * Returns: NULL when out of memory; all writing calls accept that NULL
 */
struct pel_json_writer *pel_json_writer_new(bool pretty);

void pel_json_open_map(struct pel_json_writer *w);
void pel_json_close_map(struct pel_json_writer *w);
void pel_json_open_list(struct pel_json_writer *w);
void pel_json_close_list(struct pel_json_writer *w);

/** pel_json_key - the next value's name; only inside a map */
void pel_json_key(struct pel_json_writer *w, const char *key);

/** pel_json_put_text - a string in UTF-8; NULL is written as null */
void pel_json_put_text(struct pel_json_writer *w, const char *text);
void pel_json_put_uint(struct pel_json_writer *w, uint64_t value);
void pel_json_put_double(struct pel_json_writer *w, double value);
void pel_json_put_bool(struct pel_json_writer *w, bool value);

/** pel_json_member_text, pel_json_member_uint - a key and its value */
void pel_json_member_text(struct pel_json_writer *w, const char *key,
                          const char *text);
void pel_json_member_uint(struct pel_json_writer *w, const char *key,
                          uint64_t value);

/**
 * pel_json_writer_end - finish and free the writer
 * Returns: the text, malloc'ed, NUL-terminated; NULL when out of memory, when
 *          the calls did not nest or a string was not UTF-8
 */
char *pel_json_writer_end(struct pel_json_writer *w);

/**
 * pel_json_parse - read one value
 * Returns: 0; -PEL_EFORMAT with the parser's complaint
 */
int pel_json_parse(struct pel_ctx *ctx, const char *text, size_t len,
                   struct pel_json **out);
void pel_json_free(struct pel_json *root);

/**
 * pel_json_get - a member of a map; NULL when there is none, or no map
 */
const struct pel_json *pel_json_get(const struct pel_json *map,
                                    const char *key);

/** pel_json_count, pel_json_at - elements of a list; 0, NULL if it is none */
size_t pel_json_count(const struct pel_json *list);
const struct pel_json *pel_json_at(const struct pel_json *list, size_t i);

/** pel_json_text - a string's bytes; NULL when @v is not a string */
const char *pel_json_text(const struct pel_json *v);

/** pel_json_uint - an integer from 0 up; false when @v is none */
bool pel_json_uint(const struct pel_json *v, uint64_t *out);

/** pel_json_bool - true or false; false when @v is neither */
bool pel_json_bool(const struct pel_json *v, bool *out);

/**
 * pel_json_each_key - names of a map's members in order
 * Returns: the @i-th name, NULL past the last
 */
const char *pel_json_each_key(const struct pel_json *map, size_t i);

#endif
