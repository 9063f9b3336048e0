/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, and how their command lines are read. */
#include <stdio.h>
#include <string.h>
#include "cmd.h"

// clang-format off
const struct cmd cmd_table[] = {
    /* name, run, operands from, to, options, usage, help */
    { "create",   cmd_create,   1, -1, "cpq", "CONFIG [KEY=VALUE...]", "start a guest from a file" },
    { "save",     cmd_save,     2, 3,  "cpz", "DOMAIN FILE [CONFIG]", "put a guest's memory and state into a file" },
    { "restore",  cmd_restore,  1, 2,  "cpedq", "[CONFIG] FILE", "have a saved guest go on" },
    { "snapshot", cmd_snapshot, 2, 4,  "d:jnpq", "ACTION DOMAIN [NAME] [FILE]", "create, list, show, verify, revert, delete, export or import" },
    { "clone",    cmd_clone,    2, 2,  "d:n:ND:pq", "DOMAIN[/SNAPSHOT] NEWNAME", "start other guests from a guest's memory and disks" },
    { "migrate",  cmd_migrate,  0, 2,  "s:C:pedLm:r:b:zjKRkSOPc:T:", "DOMAIN HOST", "move a running guest to another host" },
    { "migrate-receive", cmd_migrate_receive, 0, 0, "edL:T:S:O", "", "take a guest that pel migrate sends" },
    { "list",     cmd_list,     0, 1,  "jlv", "[DOMAIN]", "show domains and their state" },
    { "vcpu-list", cmd_vcpu_list, 0, -1, "", "[DOMAIN...]", "show vCPUs and where they may run" },
    { "vcpu-set", cmd_vcpu_set, 2, 2,  "i",   "DOMAIN NUMBER", "have a guest use so many vCPUs" },
    { "vcpu-pin", cmd_vcpu_pin, 3, 4,  "",    "DOMAIN VCPU|all HARD|- [SOFT|-]", "say on which CPUs vCPUs run" },
    { "sched-credit2", cmd_sched_credit2, 0, 0, "d:w:c:p:sr:", "", "show or set shares of the CPUs" },
    { "mem-set",  cmd_mem_set,  2, 2,  "",    "DOMAIN SIZE", "have a guest use so much memory" },
    { "mem-max",  cmd_mem_max,  2, 2,  "",    "DOMAIN SIZE", "limit a guest's memory" },
    { "block-attach", cmd_block_attach, 2, -1, "", "DOMAIN DISK...", "give a guest another disk" },
    { "block-detach", cmd_block_detach, 2, 2, "f", "DOMAIN VDEV", "take a disk away from a guest" },
    { "block-list", cmd_block_list, 1, -1, "", "DOMAIN...", "show the disks of guests" },
    { "network-attach", cmd_network_attach, 1, -1, "", "DOMAIN [KEY=VALUE...]", "give a guest another NIC" },
    { "network-detach", cmd_network_detach, 2, 2, "f", "DOMAIN NUMBER|MAC", "take a NIC away from a guest" },
    { "network-list", cmd_network_list, 1, -1, "", "DOMAIN...", "show the NICs of guests" },
    { "cpupool-list", cmd_cpupool_list, 0, 1, "c", "[POOL]", "show the pools of CPUs" },
    { "console",  cmd_console,  1, 1,  "",    "DOMAIN",   "use a guest's console; Ctrl-] leaves it" },
    { "pause",    cmd_pause,    1, 1,  "",    "DOMAIN",   "stop scheduling a guest" },
    { "unpause",  cmd_unpause,  1, 1,  "",    "DOMAIN",   "go on scheduling a guest" },
    { "shutdown", cmd_shutdown, 0, 1,  "aw",  "DOMAIN|-a", "ask a guest to power itself off" },
    { "reboot",   cmd_reboot,   0, 1,  "aw",  "DOMAIN|-a", "ask a guest to reboot itself" },
    { "destroy",  cmd_destroy,  1, 1,  "",    "DOMAIN",   "end a guest at once" },
    { "rename",   cmd_rename,   2, 2,  "",    "DOMAIN NEWNAME", "give a guest another name" },
    { "sysrq",    cmd_sysrq,    2, 2,  "",    "DOMAIN KEY", "press a magic key of a guest's kernel" },
    { "trigger",  cmd_trigger,  2, 3,  "",    "DOMAIN nmi|reset|init|power|sleep [VCPU]", "send a machine's event to a guest" },
    { "debug-keys", cmd_debug_keys, 1, 1, "", "KEYS",     "press the hypervisor's debug keys" },
    { "info",     cmd_info,     0, 0,  "j",   "",         "describe the host" },
    { "uptime",   cmd_uptime,   0, -1, "s",   "[DOMAIN...]", "tell how long domains have run" },
    { "dmesg",    cmd_dmesg,    0, 0,  "",    "",         "print the hypervisor's messages" },
    { "store",    cmd_store,    0, -1, "",    "[COMMAND [WORD...]]", "show the store's figures, or steer it" },
    { "domid",    cmd_domid,    1, 1,  "",    "NAME",     "print the id of a domain" },
    { "domname",  cmd_domname,  1, 1,  "",    "ID",       "print the name of a domain" },
    { "help",     cmd_help,     0, 1,  "",    "[COMMAND]", "print this, or more of one command" },
    { "completion", cmd_completion, 0, 0, "", "",         "print a completion script for bash" },
    { "version",  cmd_version,  0, 0,  "",    "",         "print the version of the tools" },
    { NULL, NULL, 0, 0, NULL, NULL, NULL },
};

const struct option_name option_table[] = {
    { 'd', "domain",  "sched-credit2", "the domain to look at or to change" },
    { 'w', "weight",  "sched-credit2", "its share beside others, 1 to 65535; 256 is usual" },
    { 'c', "cap",     "sched-credit2", "its limit, in % of one CPU; 0: none" },
    { 'p', "cpupool", "sched-credit2", "only domains of this pool" },
    { 's', "schedparam", "sched-credit2", "the scheduler's own settings" },
    { 'r', "ratelimit_us", "sched-credit2", "with -s: how long a vCPU runs at least" },
    { 'c', "cpus",    "cpupool-list", "list the CPUs of each pool" },
    { 's', "short",   "uptime", "with the time of day, and without seconds" },
    { 'd', "dir",     "snapshot", "where snapshots are; /var/lib/pellicle/snapshots is usual" },
    { 'd', "dir",     "clone", "where snapshots are; /var/lib/pellicle/snapshots is usual" },
    { 'n', "no-disks", "snapshot", "create: memory and state alone" },
    { 'n', "count",   "clone", "so many; if more than one, NEWNAME-1 and so on" },
    { 'N', "no-network", "clone", "without NICs" },
    { 'D', "disks",   "clone", "the folder where copies of disks go, as files VDEV.NEWNAME" },
    { 'c', "checkpoint", "save", "the guest goes on after it" },
    { 'e', "no-wait", "restore", "of xl; nobody waits anyway" },
    { 'd', "debug",   "restore", "of xl; no effect" },
    { 's', "ssh",     "migrate", "a program in place of ssh; \"\": HOST is the whole command" },
    { 'C', "config",  "migrate", "a configuration in place of the guest's own" },
    { 'p', "pause",   "snapshot", "revert: leave the guest paused" },
    { 'j', "json",    "snapshot", "list, show: print JSON" },
    { 'p', "pause",   "migrate", "the other host leaves the guest paused" },
    { 'L', "live",    "migrate", "of xl; it always is" },
    { 'c', "connect", "migrate", "HOST:PORT in place of HOST: over TLS" },
    { 'T', "tls",     NULL, "the folder of ca.pem, cert.pem, key.pem" },
    { 'L', "listen",  "migrate-receive", "[ADDRESS:]PORT: wait for connections over TLS" },
    { 'm', "max-downtime", "migrate", "milliseconds that the guest may stand still; 300" },
    { 'r', "max-rounds", "migrate", "rounds of sending what has changed; 30" },
    { 'b', "bandwidth", "migrate", "MiB in a second, until the guest stands still" },
    { 'z', "compress", "save", "compress the image, with a sum for each page" },
    { 'z', "compress", "migrate", "compress what is sent" },
    { 'j', "json",    "migrate", "print an object for each event, one a line" },
    { 'K', "cancel",  "migrate", "end a migration that goes on; the guest stays" },
    { 'R', "resolve", "migrate", "finish what a failure has left undecided" },
    { 'k', "keep",    "migrate", "of --resolve: it goes on here, and the other host is not asked" },
    { 'S', "copy-storage", "migrate", "the disks go along; without it both hosts need the same ones" },
    { 'O', "overwrite", "migrate", "with -S: disks that are there already are replaced" },
    { 'S', "storage", "migrate-receive", "DIR: disks may come along, and go there and below" },
    { 'O', "overwrite", "migrate-receive", "with -S: they may replace what is there" },
    { 'P', "postcopy", "migrate", "not supported" },
    { 'e', "no-wait", "migrate", "of xl; no effect" },
    { 'd', "debug",   "migrate", "of xl; no effect" },
    { 'e', "no-wait", "migrate-receive", "of xl; no effect" },
    { 'd', "debug",   "migrate-receive", "of xl; no effect" },
    { 'a', "all",     NULL, "all guests" },
    { 'c', "console", NULL, "attach to the guest's console" },
    { 'f', "force",   NULL, "do not wait for the guest to agree" },
    { 'i', "ignore-host", NULL, "more vCPUs than the host has CPUs" },
    { 'j', "json",    NULL, "print JSON" },
    { 'l', "long",    NULL, "print JSON with each guest's configuration" },
    { 'p', "pause",   NULL, "leave the guest paused" },
    { 'q', "quiet",   NULL, "print nothing on success" },
    { 'v', "verbose", NULL, "with UUIDs and reasons of shutdowns" },
    { 'w', "wait",    NULL, "wait until it has happened" },
    { 0, NULL, NULL, NULL },
};
// clang-format on

const struct cmd *cmd_find(const char *name)
{
    for (const struct cmd *c = cmd_table; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

/* Place of a letter in struct args; -1: no letter. */
static int place(char letter)
{
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a';
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A' + 26;
    return -1;
}

bool arg_has(const struct args *a, char letter)
{
    return a->options >> place(letter) & 1;
}

const char *arg_value(const struct args *a, char letter)
{
    return a->value[place(letter)];
}

const struct option_name *option_find(const struct cmd *cmd, char letter)
{
    if (place(letter) < 0 || !strchr(cmd->options, letter))
        return NULL;
    for (const struct option_name *o = option_table; o->letter; o++)
        if (o->letter == letter && (!o->cmd || !strcmp(o->cmd, cmd->name)))
            return o;
    return NULL;
}

/* A command line on its way. */
struct reader {
    const struct cmd *cmd;
    const char **argv;
    int argc, at; /* @at: the next word */
    struct args *out;
    const char *lacks; /* the option that came without its value */
};

static bool takes_value(const struct cmd *cmd, char letter)
{
    return strchr(cmd->options, letter)[1] == ':';
}

/*
 * @rest: what stands behind the letter or the word's '='; NULL or "": the
 * value, if one is wanted, is the next word.
 */
static bool take(struct reader *r, char letter, const char *rest)
{
    r->out->options |= 1ull << place(letter);
    if (!takes_value(r->cmd, letter))
        return !rest;
    if (!rest || !*rest)
        rest = r->at < r->argc ? r->argv[r->at++] : NULL;
    if (!rest)
        r->lacks = option_find(r->cmd, letter)->word;
    r->out->value[place(letter)] = rest;
    return rest != NULL;
}

/* --WORD, --WORD VALUE, --WORD=VALUE */
static bool take_word(struct reader *r, const char *arg)
{
    size_t len = strcspn(arg, "=");

    for (const struct option_name *o = option_table; o->letter; o++)
        if (option_find(r->cmd, o->letter) == o && strlen(o->word) == len &&
            !strncmp(o->word, arg, len))
            return take(r, o->letter, arg[len] ? arg + len + 1 : NULL);
    return false;
}

/* -cp, -w10, -w 10 */
static bool take_letters(struct reader *r, const char *letters)
{
    for (; *letters; letters++) {
        if (!option_find(r->cmd, *letters))
            return false;
        if (takes_value(r->cmd, *letters))
            return take(r, *letters, letters + 1);
        take(r, *letters, NULL);
    }
    return true;
}

const char *cmd_parse(const struct cmd *cmd, int argc, const char **argv,
                      struct args *out)
{
    struct reader r = { .cmd = cmd, .argv = argv, .argc = argc, .out = out };
    static char why[160];
    bool options = true;
    int nr = 0;

    memset(out, 0, sizeof(*out));
    while (r.at < argc) {
        const char *arg = argv[r.at++];
        bool ok;

        if (options && !strcmp(arg, "--")) {
            options = false;
            continue;
        }
        if (!options || arg[0] != '-' || !arg[1]) {
            argv[nr++] = arg;
            continue;
        }
        ok = arg[1] == '-' ? take_word(&r, arg + 2) : take_letters(&r, arg + 1);
        if (ok)
            continue;
        if (r.lacks)
            snprintf(why, sizeof(why), "%s: --%s wants a value", cmd->name,
                     r.lacks);
        else
            snprintf(why, sizeof(why), "%s has no option %.80s", cmd->name,
                     arg);
        return why;
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
