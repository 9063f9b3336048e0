/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, and how their command lines are read. */
#include <stdio.h>
#include <string.h>
#include "cmd.h"

// clang-format off
const struct cmd cmd_table[] = {
    /* name, run, operands from, to, options, usage, help */
    { "create",   cmd_create,   1, -1, "cpq", "CONFIG [KEY=VALUE...]", "start a guest from a file" },
    { "list",     cmd_list,     0, 1,  "jl",  "[DOMAIN]", "show domains and their state" },
    { "info",     cmd_info,     0, 0,  "j",   "",         "describe the host" },
    { "console",  cmd_console,  1, 1,  "",    "DOMAIN",   "use a guest's console; Ctrl-] leaves it" },
    { "pause",    cmd_pause,    1, 1,  "",    "DOMAIN",   "stop scheduling a guest" },
    { "unpause",  cmd_unpause,  1, 1,  "",    "DOMAIN",   "go on scheduling a guest" },
    { "shutdown", cmd_shutdown, 1, 1,  "w",   "DOMAIN",   "ask a guest to power itself off" },
    { "reboot",   cmd_reboot,   1, 1,  "",    "DOMAIN",   "ask a guest to reboot itself" },
    { "destroy",  cmd_destroy,  1, 1,  "",    "DOMAIN",   "end a guest at once" },
    { "dmesg",    cmd_dmesg,    0, 0,  "",    "",         "print the hypervisor's messages" },
    { "domid",    cmd_domid,    1, 1,  "",    "NAME",     "print the id of a domain" },
    { "domname",  cmd_domname,  1, 1,  "",    "ID",       "print the name of a domain" },
    { "help",     cmd_help,     0, 1,  "",    "[COMMAND]", "print this, or more of one command" },
    { "completion", cmd_completion, 0, 0, "", "",         "print a completion script for bash" },
    { "version",  cmd_version,  0, 0,  "",    "",         "print the version of the tools" },
    { NULL, NULL, 0, 0, NULL, NULL, NULL },
};

const struct option_name option_table[] = {
    { 'c', "console", "attach to the guest's console" },
    { 'p', "pause",   "leave the guest paused" },
    { 'q', "quiet",   "print nothing on success" },
    { 'w', "wait",    "wait until the guest has shut down and is gone" },
    { 'j', "json",    "print JSON" },
    { 'l', "long",    "print JSON with each guest's configuration" },
    { 0, NULL, NULL },
};
// clang-format on

const struct cmd *cmd_find(const char *name)
{
    for (const struct cmd *c = cmd_table; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

bool arg_has(const struct args *a, char letter)
{
    return a->options >> (letter - 'a') & 1;
}

static bool allow(const struct cmd *cmd, char letter, struct args *out)
{
    if (letter < 'a' || letter > 'z' || !strchr(cmd->options, letter))
        return false;
    out->options |= 1u << (letter - 'a');
    return true;
}

static bool take_word(const struct cmd *cmd, const char *word, struct args *out)
{
    for (const struct option_name *o = option_table; o->letter; o++)
        if (!strcmp(o->word, word))
            return allow(cmd, o->letter, out);
    return false;
}

static bool take_letters(const struct cmd *cmd, const char *letters,
                         struct args *out)
{
    for (; *letters; letters++)
        if (!allow(cmd, *letters, out))
            return false;
    return true;
}

const char *cmd_parse(const struct cmd *cmd, int argc, const char **argv,
                      struct args *out)
{
    static char why[160];
    bool options = true;
    int nr = 0;

    memset(out, 0, sizeof(*out));
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];

        if (options && !strcmp(arg, "--")) {
            options = false;
        } else if (options && arg[0] == '-' && arg[1]) {
            bool ok = arg[1] == '-' ? take_word(cmd, arg + 2, out)
                                    : take_letters(cmd, arg + 1, out);

            if (ok)
                continue;
            snprintf(why, sizeof(why), "%s has no option %.80s", cmd->name,
                     arg);
            return why;
        } else {
            argv[nr++] = arg;
        }
    }
    out->words = argv;
    out->nr_words = nr;
    if (nr < cmd->min_words) {
        snprintf(why, sizeof(why), "%s wants %s", cmd->name, cmd->usage);
        return why;
    }
    if (cmd->max_words >= 0 && nr > cmd->max_words) {
        snprintf(why, sizeof(why), "%s does not take \"%.80s\"", cmd->name,
                 argv[cmd->max_words]);
        return why;
    }
    return NULL;
}
