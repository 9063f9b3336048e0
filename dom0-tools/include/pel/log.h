/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress and warnings for people; results and errors go elsewhere. */
#ifndef PEL_LOG_H
#define PEL_LOG_H

struct pel_ctx;

enum pel_log_level {
    PEL_LOG_WARN = 1, /* something was not as it should be, work went on */
    PEL_LOG_INFO,     /* one line per step that an admin would name */
    PEL_LOG_DEBUG,    /* numbers and addresses */
};

/**
 * pel_log_fn - where lines go; @line has no newline
 */
typedef void pel_log_fn(enum pel_log_level level, const char *line, void *arg);

/**
 * pel_log - report a line if the context wants that level
 * @ctx: its log_level and log_fn decide; NULL function: standard error
 */
void pel_log(struct pel_ctx *ctx, enum pel_log_level level, const char *fmt,
             ...) __attribute__((format(printf, 3, 4)));

#endif
