/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection between two hosts: bytes both ways over two file descriptors,
 * mostly those of a program that carries them, such as ssh.
 */
#ifndef PEL_LINK_H
#define PEL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pel_ctx;
struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

#define LINK_BUFFER (256u << 10)
#define LINK_LINE 1024 /* bytes of a line, with its NUL */

struct link {
    struct pel_ctx *ctx;
    int in, out;        /* -1: closed */
    pid_t child;        /* the program that carries the bytes; 0: none */
    bool (*stop)(void); /* asked now and then; NULL: never */
    uint64_t sent;      /* bytes that have left */
    uint8_t *out_buf, *in_buf, *packed; /* LINK_BUFFER each */
    size_t out_used, in_at, in_end;
    struct ZSTD_CCtx_s *packer;   /* of what is written now; NULL: as it is */
    struct ZSTD_DCtx_s *unpacker; /* of what is read now */
    size_t packed_at, packed_end; /* read, and not unpacked yet */
    bool unpacked;                /* the frame has ended */
};

/**
 * link_open - start a program whose standard input and output are the link
 * @command: for sh
 * @l:       link_close() it in any case
 */
int link_open(struct pel_ctx *ctx, const char *command, struct link *l);

/** link_attach - a link over descriptors that are there */
int link_attach(struct pel_ctx *ctx, int in, int out, struct link *l);

/**
 * link_write - a pel_write_fn; what the other side says meanwhile is an error
 *
 * Bytes leave when there are enough of them, or with link_flush().
 * Returns: 0; -PEL_EIO the link is lost, or nothing moves; -PEL_ESTATE
 *          stopped, or the other side has given up, with its message
 */
int link_write(void *arg, const void *buf, size_t len);
int link_flush(struct link *l);

/** link_read - a pel_read_fn; errors as link_write() */
int link_read(void *arg, void *buf, size_t len);

/** link_say - one line, at once */
int link_say(struct link *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * link_wait - until the other side has said something
 * Returns: 0; -PEL_ETIMEDOUT, without a message, nothing in @limit_ms;
 *          -PEL_ESTATE stopped
 */
int link_wait(struct link *l, int limit_ms);

/**
 * link_hear - one line, without its newline
 * @line: LINK_LINE bytes
 * Returns: as link_write(); -PEL_ETIMEDOUT nothing came in @limit_ms; a line
 *          "FAIL ..." is -PEL_ESTATE with what it says as the message
 */
int link_hear(struct link *l, char *line, int limit_ms);

/**
 * link_expect - hear one line that says @word and nothing else
 * @late: the message when nothing came in @limit_ms
 * Returns: as link_hear(); -PEL_EFORMAT it says something else
 */
int link_expect(struct link *l, const char *word, int limit_ms,
                const char *late);

/**
 * link_compress - what is written from the next byte on is one frame of zstd,
 * which ends when it is switched off; threads of the library pack it
 */
int link_compress(struct link *l, bool on);

/**
 * link_decompress - what is read from the next byte on is such a frame
 *
 * Off: all that was in it has been read, or it is -PEL_EFORMAT.
 */
int link_decompress(struct link *l, bool on);

/** link_cut - end it now, as if the net had failed */
void link_cut(struct link *l);

/** link_close - end it; the program gets a moment to end by itself */
void link_close(struct link *l);

#endif
