/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the configuration share. */
#ifndef PEL_CONFIG_LOCAL_H
#define PEL_CONFIG_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pel/config.h>

struct pel_ctx;

/* Of a disk's name in the guest. */
#define PEL_VDEV_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789"

/* ---- lex.c: text to tokens -------------------------------------------- */

enum token_type {
    TOK_END,     /* of the text */
    TOK_NEWLINE, /* end of line, or ';' */
    TOK_WORD,    /* a key */
    TOK_NUMBER,  /* decimal, 0x.., 0.. */
    TOK_STRING,
    TOK_EQUALS,
    TOK_ADD,   /* += */
    TOK_OPEN,  /* [ */
    TOK_CLOSE, /* ] */
    TOK_COMMA,
    TOK_BAD, /* the message has been recorded */
};

struct lexer {
    struct pel_ctx *ctx;
    const char *origin; /* for messages */
    const char *p, *end;
    unsigned int line; /* of the current token, from 1 */
    unsigned int next_line;
    enum token_type type;
    char *text; /* word or string, malloc'ed; NULL for others */
    uint64_t number;
};

/** lex_next - free the current token and read another; its type */
enum token_type lex_next(struct lexer *lx);

/** lex_free - free the current token */
void lex_free(struct lexer *lx);

/** lex_fail - "ORIGIN:LINE: ..." */
int lex_fail(struct lexer *lx, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- keys.c: values to fields ------------------------------------------ */

/*
 * A value of a key, whatever it was written in.  A list owns its texts.
 */
struct value {
    enum { VALUE_NUMBER, VALUE_TEXT, VALUE_LIST } type;
    uint64_t number;
    char *text;
    char **items;
    size_t nr_items;
};

void value_free(struct value *v);

/**
 * config_set - check a value and put it into its field
 * @cfg: what it already holds for the key is replaced, or added to if @add:
 *       text behind text, a list behind a list
 *
 * Returns: 0; -PEL_EINVAL for an unknown key or a wrong value, with a
 *          message that names the key
 */
int config_set(struct pel_ctx *ctx, struct pel_config *cfg, const char *key,
               const struct value *v, bool add);

/* One assignment on its way into a field; keys.c has the table of them. */
struct setting {
    struct pel_ctx *ctx;
    struct pel_config *cfg;
    const char *key;
    const struct value *v;
    bool add;
    void *field;
};

/** setting_wants - "KEY wants @what" */
int setting_wants(const struct setting *s, const char *what);

/** setting_number - a number from @min to @max, which may be quoted */
int setting_number(const struct setting *s, uint64_t min, uint64_t max,
                   uint64_t *out);

/* ---- cpu_keys.c: settings about the CPUs --------------------------------- */

int set_vcpus(const struct setting *s);
int set_affinity(const struct setting *s);
int set_weight(const struct setting *s);
int set_cap(const struct setting *s);
int set_tsc_mode(const struct setting *s);

/** affinity_free - free the lists, leave it empty */
void affinity_free(struct pel_affinity *a);

/** config_is_text - whether the key takes a text (and no list or number) */
bool config_is_text(const char *key);

/* ---- text.c -------------------------------------------------------------- */

/** text_copy - replace *@to by a copy of @from; 0 or -PEL_ENOMEM */
int text_copy(struct pel_ctx *ctx, char **to, const char *from);

/** text_trim - cut blanks off both ends, in place */
char *text_trim(char *s);

/** text_number - a whole text as an unsigned number of base 0; false if not */
bool text_number(const char *s, uint64_t *out);

#endif
