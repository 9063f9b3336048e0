/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of pel: one table is dispatch, help and completion. */
#ifndef PEL_CMD_H
#define PEL_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* A command line, taken apart. */
struct args {
    uint32_t options;         /* bit of each option that was given */
    const char *const *words; /* operands */
    int nr_words;
};

/** arg_has - whether option -@letter was given */
bool arg_has(const struct args *a, char letter);

struct cmd {
    const char *name;
    int (*run)(struct pel_ctx *ctx, const struct args *a); /* a PEL_E* */
    int min_words, max_words;                              /* -1: any number */
    const char *options; /* letters, see options[] in cmd_table.c */
    const char *usage;   /* operands */
    const char *help;
};

struct option_name {
    char letter;
    const char *word; /* without "--" */
    const char *help;
};

extern const struct cmd cmd_table[]; /* ends with a NULL name */
extern const struct option_name option_table[];

/** cmd_find - a row by name, or NULL */
const struct cmd *cmd_find(const char *name);

/**
 * cmd_parse - options and operands of a command
 * @argv: behind the command's name; reordered so that operands stay together
 *
 * Returns: NULL, or what is wrong, in a static buffer
 */
const char *cmd_parse(const struct cmd *cmd, int argc, const char **argv,
                      struct args *out);

int cmd_create(struct pel_ctx *ctx, const struct args *a);
int cmd_list(struct pel_ctx *ctx, const struct args *a);
int cmd_info(struct pel_ctx *ctx, const struct args *a);
int cmd_console(struct pel_ctx *ctx, const struct args *a);
int cmd_pause(struct pel_ctx *ctx, const struct args *a);
int cmd_unpause(struct pel_ctx *ctx, const struct args *a);
int cmd_shutdown(struct pel_ctx *ctx, const struct args *a);
int cmd_reboot(struct pel_ctx *ctx, const struct args *a);
int cmd_destroy(struct pel_ctx *ctx, const struct args *a);
int cmd_dmesg(struct pel_ctx *ctx, const struct args *a);
int cmd_domid(struct pel_ctx *ctx, const struct args *a);
int cmd_domname(struct pel_ctx *ctx, const struct args *a);
int cmd_help(struct pel_ctx *ctx, const struct args *a);
int cmd_completion(struct pel_ctx *ctx, const struct args *a);
int cmd_version(struct pel_ctx *ctx, const struct args *a);

#endif
