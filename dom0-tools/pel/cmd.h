/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of pel: one table is dispatch, help and completion. */
#ifndef PEL_CMD_H
#define PEL_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNDECIDED = 3 };

/* A command line, taken apart. */
struct args {
    uint64_t options;         /* bit of each option that was given */
    const char *value[52];    /* of those that take one; the last counts */
    const char *const *words; /* operands */
    int nr_words;
};

/** arg_has - whether option -@letter was given */
bool arg_has(const struct args *a, char letter);

/** arg_value - what was given with option -@letter; NULL: it was not given */
const char *arg_value(const struct args *a, char letter);

/**
 * arg_number - a whole operand or value as a number, base 10 or 0x
 * @what: named in the message
 * Returns: 0; -PEL_EINVAL not a number from @min to @max
 */
int arg_number(struct pel_ctx *ctx, const char *what, const char *text,
               uint64_t min, uint64_t max, uint64_t *out);

/**
 * arg_size - a size of memory: MiB unless it ends in b, k, m, g or t
 * @kb: set to it, in KiB
 * Returns: 0; -PEL_EINVAL
 */
int arg_size(struct pel_ctx *ctx, const char *text, uint64_t *kb);

/**
 * arg_join - operands from @first on, with commas between them, for free()
 *
 * The specification of a device may come in pieces.
 */
char *arg_join(const struct args *a, int first);

struct cmd {
    const char *name;
    int (*run)(struct pel_ctx *ctx, const struct args *a); /* a PEL_E* */
    int min_words, max_words;                              /* -1: any number */
    const char *options; /* letters of option_table[]; ':' follows one that
                          * takes a value */
    const char *usage;   /* operands */
    const char *help;
};

/*
 * One letter may mean different things to different commands: a row for one
 * command comes before the row for all.
 */
struct option_name {
    char letter;
    const char *word; /* without "--" */
    const char *cmd;  /* whose it is; NULL: of all that have the letter */
    const char *help;
};

extern const struct cmd cmd_table[]; /* ends with a NULL name */
extern const struct option_name option_table[];

/** option_find - what a letter means to a command; NULL: it has none such */
const struct option_name *option_find(const struct cmd *cmd, char letter);

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

/**
 * name_or_null - a domain's name for a table, malloc'ed
 *
 * A domain without one is half made or half gone: "(null)", as in xl.
 */
char *name_or_null(struct pel_ctx *ctx, uint32_t domid);

#define CMD_LIST(X)                                                            \
    X(create)                                                                  \
    X(save)                                                                    \
    X(restore)                                                                 \
    X(snapshot)                                                                \
    X(clone)                                                                   \
    X(migrate)                                                                 \
    X(migrate_receive)                                                         \
    X(list)                                                                    \
    X(vcpu_list)                                                               \
    X(vcpu_set)                                                                \
    X(vcpu_pin)                                                                \
    X(sched_credit2)                                                           \
    X(mem_set)                                                                 \
    X(mem_max)                                                                 \
    X(block_attach)                                                            \
    X(block_detach)                                                            \
    X(block_list)                                                              \
    X(network_attach)                                                          \
    X(network_detach)                                                          \
    X(network_list)                                                            \
    X(cpupool_list)                                                            \
    X(console)                                                                 \
    X(pause)                                                                   \
    X(unpause)                                                                 \
    X(shutdown)                                                                \
    X(reboot)                                                                  \
    X(destroy)                                                                 \
    X(rename)                                                                  \
    X(sysrq)                                                                   \
    X(trigger)                                                                 \
    X(debug_keys)                                                              \
    X(info)                                                                    \
    X(uptime)                                                                  \
    X(dmesg)                                                                   \
    X(store)                                                                   \
    X(domid)                                                                   \
    X(domname)                                                                 \
    X(help)                                                                    \
    X(completion)                                                              \
    X(version)

/* Each carries out one row of cmd_table[]; 0 or a PEL_E* with its message. */
#define X(name) int cmd_##name(struct pel_ctx *ctx, const struct args *a);
CMD_LIST(X)
#undef X

#endif
