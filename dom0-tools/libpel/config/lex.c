/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tokens of the xl.cfg grammar.  Strings have either quote, may hold escapes
 * as in C (\n \t \\ \" \' \ooo \xHH and so on) and end on their line; '#'
 * begins a comment.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include "local.h"

int lex_fail(struct lexer *lx, int err, const char *fmt, ...)
{
    char what[PEL_MESSAGE_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    return pel_fail(lx->ctx, err, "%s:%u: %s", lx->origin, lx->line, what);
}

void lex_free(struct lexer *lx)
{
    free(lx->text);
    lx->text = NULL;
}

static enum token_type bad(struct lexer *lx, const char *what)
{
    lex_fail(lx, PEL_EINVAL, "%s", what);
    return TOK_BAD;
}

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

static enum token_type lex_word(struct lexer *lx)
{
    const char *start = lx->p;

    while (lx->p < lx->end && word_char(*lx->p))
        lx->p++;
    lx->text = strndup(start, lx->p - start);
    if (!lx->text) {
        pel_fail_oom(lx->ctx);
        return TOK_BAD;
    }
    if (!isdigit((unsigned char)*start))
        return TOK_WORD;
    if (!text_number(lx->text, &lx->number)) {
        lex_fail(lx, PEL_EINVAL,
                 "\"%s\" is not a number; quote it if it is "
                 "text",
                 lx->text);
        return TOK_BAD;
    }
    return TOK_NUMBER;
}

/* Up to @max digits of @base; -1 when there is none. */
static int digits(struct lexer *lx, int base, int max)
{
    int v = -1;

    while (max-- && lx->p < lx->end && isxdigit((unsigned char)*lx->p)) {
        int c = tolower((unsigned char)*lx->p);
        int d = isdigit(c) ? c - '0' : c - 'a' + 10;

        if (d >= base)
            break;
        v = (v < 0 ? 0 : v) * base + d;
        lx->p++;
    }
    return v;
}

/* The character that an escape stands for; -1 for none that we know. */
static int escape(struct lexer *lx)
{
    static const char names[] = "abfnrtv\\\"'";
    static const char means[] = "\a\b\f\n\r\t\v\\\"'";
    const char *at;

    if (lx->p == lx->end)
        return -1;
    at = memchr(names, *lx->p, sizeof(names) - 1);
    if (at) {
        lx->p++;
        return (unsigned char)means[at - names];
    }
    if (*lx->p == 'x') {
        lx->p++;
        return digits(lx, 16, 2);
    }
    return digits(lx, 8, 3);
}

static enum token_type lex_string(struct lexer *lx)
{
    char quote = *lx->p++;
    size_t len = 0;

    /* Escapes only shrink. */
    lx->text = malloc(lx->end - lx->p + 1);
    if (!lx->text) {
        pel_fail_oom(lx->ctx);
        return TOK_BAD;
    }
    while (lx->p < lx->end && *lx->p != quote && *lx->p != '\n') {
        int c = (unsigned char)*lx->p++;

        if (c == '\\') {
            c = escape(lx);
            if (c <= 0 || c > 255)
                return bad(lx, "this string has an escape with no meaning");
        }
        lx->text[len++] = c;
    }
    if (lx->p == lx->end || *lx->p != quote)
        return bad(lx, "this string has no closing quote");
    lx->p++;
    lx->text[len] = '\0';
    return TOK_STRING;
}

static void skip_blanks(struct lexer *lx)
{
    while (lx->p < lx->end) {
        if (*lx->p == '#') {
            while (lx->p < lx->end && *lx->p != '\n')
                lx->p++;
        } else if (*lx->p == ' ' || *lx->p == '\t' || *lx->p == '\r') {
            lx->p++;
        } else {
            return;
        }
    }
}

static enum token_type lex_one(struct lexer *lx)
{
    static const char marks[] = "=[],;\n";
    static const enum token_type types[] = {
        TOK_EQUALS, TOK_OPEN, TOK_CLOSE, TOK_COMMA, TOK_NEWLINE, TOK_NEWLINE,
    };
    const char *at;

    skip_blanks(lx);
    if (lx->p == lx->end)
        return TOK_END;
    if (*lx->p == '"' || *lx->p == '\'')
        return lex_string(lx);
    if (isalnum((unsigned char)*lx->p) || *lx->p == '_')
        return lex_word(lx);
    if (lx->end - lx->p > 1 && lx->p[0] == '+' && lx->p[1] == '=') {
        lx->p += 2;
        return TOK_ADD;
    }

    at = memchr(marks, *lx->p, sizeof(marks) - 1);
    if (!at) {
        if (isprint((unsigned char)*lx->p))
            lex_fail(lx, PEL_EINVAL,
                     "'%c' has no meaning here; quote it if "
                     "it is text",
                     *lx->p);
        else
            lex_fail(lx, PEL_EINVAL, "byte 0x%02x has no meaning here",
                     (unsigned char)*lx->p);
        return TOK_BAD;
    }
    if (*lx->p == '\n')
        lx->next_line++;
    lx->p++;
    return types[at - marks];
}

enum token_type lex_next(struct lexer *lx)
{
    lex_free(lx);
    lx->line = lx->next_line;
    lx->type = lex_one(lx);
    return lx->type;
}
