/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The xl.cfg grammar: lines of KEY = VALUE, where a value is a string, a
 * number or a list of them.  A list goes on over lines and may end in a comma.
 * KEY += VALUE adds to a string or a list.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pel/ctx.h>
#include <pel/image.h>
#include "local.h"

#define CONFIG_FILE_MAX (1ul << 20) /* bytes; more is not a configuration */

static int skip_newlines(struct lexer *lx)
{
    while (lx->type == TOK_NEWLINE)
        lex_next(lx);
    return lx->type == TOK_BAD ? -PEL_EINVAL : 0;
}

static int list_add(struct lexer *lx, struct value *v)
{
    char **items = reallocarray(v->items, v->nr_items + 1, sizeof(*items));

    if (!items)
        return pel_fail_oom(lx->ctx);
    v->items = items;
    v->items[v->nr_items++] = lx->text;
    lx->text = NULL;
    return 0;
}

static int parse_list(struct lexer *lx, struct value *v)
{
    unsigned int opened = lx->line;

    v->type = VALUE_LIST;
    lex_next(lx);
    for (;;) {
        if (skip_newlines(lx))
            return -PEL_EINVAL;
        if (lx->type == TOK_CLOSE)
            break;
        if (lx->type != TOK_STRING && lx->type != TOK_NUMBER)
            goto bad;
        if (list_add(lx, v))
            return -PEL_ENOMEM;
        lex_next(lx);
        if (skip_newlines(lx))
            return -PEL_EINVAL;
        if (lx->type == TOK_CLOSE)
            break;
        if (lx->type != TOK_COMMA)
            goto bad;
        lex_next(lx);
    }
    lex_next(lx);
    return 0;
bad:
    if (lx->type == TOK_BAD)
        return -PEL_EINVAL;
    if (lx->type == TOK_END)
        return lex_fail(lx, PEL_EINVAL, "the list of line %u is not closed",
                        opened);
    return lex_fail(lx, PEL_EINVAL,
                    "a list has quoted strings with commas between them");
}

static int parse_value(struct lexer *lx, struct value *v)
{
    switch (lx->type) {
    case TOK_NUMBER:
        v->type = VALUE_NUMBER;
        v->number = lx->number;
        break;
    case TOK_STRING:
        v->type = VALUE_TEXT;
        break;
    case TOK_OPEN:
        return parse_list(lx, v);
    case TOK_BAD:
        return -PEL_EINVAL;
    default:
        return lex_fail(lx, PEL_EINVAL,
                        "after '=' comes a number, a quoted string or a "
                        "list in []");
    }
    v->text = lx->text;
    lx->text = NULL;
    lex_next(lx);
    return 0;
}

/* The message of config_set() knows no line; this puts it in front. */
static int set_at_line(struct lexer *lx, struct pel_config *cfg,
                       const char *key, const struct value *v, bool add,
                       unsigned int line)
{
    char why[PEL_MESSAGE_MAX];
    int rc = config_set(lx->ctx, cfg, key, v, add);

    if (rc && rc != -PEL_ENOMEM && lx->ctx) {
        snprintf(why, sizeof(why), "%s", pel_error_message(lx->ctx));
        pel_error_clear(lx->ctx);
        pel_fail(lx->ctx, -rc, "%s:%u: %s", lx->origin, line, why);
    }
    return rc;
}

static int parse_setting(struct lexer *lx, struct pel_config *cfg)
{
    struct value v = { .type = VALUE_NUMBER };
    unsigned int line = lx->line;
    char *key = lx->text;
    bool add;
    int rc = 0;

    lx->text = NULL;
    add = lex_next(lx) == TOK_ADD;
    if (!add && lx->type != TOK_EQUALS) {
        if (lx->type != TOK_BAD)
            lex_fail(lx, PEL_EINVAL, "after \"%s\" comes '='", key);
        rc = -PEL_EINVAL;
        goto out;
    }
    lex_next(lx);
    rc = parse_value(lx, &v);
    if (rc)
        goto out;
    if (lx->type == TOK_BAD) {
        rc = -PEL_EINVAL;
    } else if (lx->type != TOK_NEWLINE && lx->type != TOK_END) {
        rc = lex_fail(lx, PEL_EINVAL,
                      "there is something behind the value of \"%s\"", key);
    } else {
        rc = set_at_line(lx, cfg, key, &v, add, line);
    }
out:
    value_free(&v);
    free(key);
    return rc;
}

int pel_config_parse(struct pel_ctx *ctx, const char *origin, const char *text,
                     size_t len, struct pel_config *cfg)
{
    struct lexer lx = {
        .ctx = ctx,
        .origin = origin,
        .p = text,
        .end = text + len,
        .next_line = 1,
    };
    int rc = 0;

    lex_next(&lx);
    while (!rc && lx.type != TOK_END) {
        rc = skip_newlines(&lx);
        if (rc || lx.type == TOK_END)
            break;
        if (lx.type == TOK_WORD)
            rc = parse_setting(&lx, cfg);
        else if (lx.type == TOK_BAD)
            rc = -PEL_EINVAL;
        else
            rc = lex_fail(&lx, PEL_EINVAL, "a line begins with a key");
    }
    lex_free(&lx);
    return rc;
}

/*
 * One KEY=VALUE of a command line.  The shell has taken the quotes, so a text
 * key's value that has none is a text as it stands.
 */
static int parse_word(struct pel_ctx *ctx, const char *word,
                      struct pel_config *cfg)
{
    struct value v = { .type = VALUE_TEXT };
    const char *equals = strchr(word, '=');
    char *key;
    int rc;

    if (!equals)
        return pel_fail(ctx, PEL_EINVAL,
                        "\"%s\" is not an assignment: say KEY=VALUE", word);
    key = strndup(word, equals - word);
    if (!key)
        return pel_fail_oom(ctx);
    key[strcspn(key, " \t+")] = '\0';

    if (config_is_text(key) && equals[1] != '\'' && equals[1] != '"') {
        v.text = (char *)equals + 1;
        rc = config_set(ctx, cfg, key, &v, equals > word && equals[-1] == '+');
    } else {
        rc = pel_config_parse(ctx, "command line", word, strlen(word), cfg);
    }
    free(key);
    return rc;
}

/* A restart is done from another folder.  Links stay, and may be changed. */
static int make_absolute(struct pel_ctx *ctx, char **path)
{
    char *here, *full;
    int len;

    if (!*path || **path == '/')
        return 0;
    here = getcwd(NULL, 0);
    if (!here)
        return pel_fail_sys(ctx, PEL_EIO, "cannot tell where %s is", *path);
    len = asprintf(&full, "%s/%s", here, *path);
    free(here);
    if (len < 0)
        return pel_fail_oom(ctx);
    free(*path);
    *path = full;
    return 0;
}

int pel_config_load(struct pel_ctx *ctx, const char *path,
                    const char *const *words, size_t nr_words,
                    struct pel_config *cfg)
{
    struct pel_buf file;
    int rc;

    rc = pel_file_map(ctx, "configuration", path, &file);
    if (rc)
        return rc;

    if (file.len > CONFIG_FILE_MAX)
        rc = pel_fail(ctx, PEL_EINVAL,
                      "%s is not a configuration: it has %zu bytes", path,
                      file.len);
    else
        rc = pel_config_parse(ctx, path, (char *)file.data, file.len, cfg);
    for (size_t i = 0; !rc && i < nr_words; i++)
        rc = parse_word(ctx, words[i], cfg);
    if (!rc)
        rc = pel_config_finish(ctx, cfg);
    if (!rc)
        rc = make_absolute(ctx, &cfg->kernel);
    if (!rc)
        rc = make_absolute(ctx, &cfg->ramdisk);
    pel_file_unmap(&file);
    if (rc)
        pel_config_free(cfg);
    return rc;
}
