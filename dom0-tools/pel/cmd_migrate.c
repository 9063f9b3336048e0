/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel migrate and migrate-receive: a guest to another host. */
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/migrate.h>
#include <pel/mirror.h>
#include "cmd.h"
#include "hold.h"

#define MIB (1024.0 * 1024)

/*
 * Whether what is told now would have to wait for a reader.  The guest may
 * stand still meanwhile, so who does not read misses it.
 */
static bool must_wait(FILE *f, const struct pel_migrate_report *r)
{
    struct pollfd p = { .fd = fileno(f), .events = POLLOUT };

    return r->step != PEL_MIGRATE_DONE &&
           (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT));
}

static void tell(void *arg, const struct pel_migrate_report *r)
{
    const char *name = arg;

    if (must_wait(stderr, r))
        return;
    switch (r->step) {
    case PEL_MIGRATE_DISKS:
        fprintf(stderr, "disks: %.1f of %.1f MiB, %.1f MiB sent\n",
                r->disk_done / MIB, r->disk_size / MIB, r->bytes / MIB);
        break;
    case PEL_MIGRATE_ROUND:
        fprintf(stderr,
                "round %u: %.1f MiB sent, %.1f MiB/s, %.1f MiB have changed, "
                "downtime would be %u ms\n",
                r->round, r->bytes / MIB, r->rate / MIB, r->remaining / MIB,
                r->predicted_ms);
        break;
    case PEL_MIGRATE_DONE:
        printf("migrated %s in %.1f s: %u rounds, %.1f MiB, downtime %u ms\n",
               name, r->ms / 1000.0, r->round, r->bytes / MIB, r->downtime_ms);
        break;
    default:
        break;
    }
}

static void tell_json(void *arg, const struct pel_migrate_report *r)
{
    static const char *const names[] = {
        [PEL_MIGRATE_BEGUN] = "begun", [PEL_MIGRATE_ROUND] = "round",
        [PEL_MIGRATE_SENT] = "sent",   [PEL_MIGRATE_SUSPENDED] = "suspended",
        [PEL_MIGRATE_READY] = "ready", [PEL_MIGRATE_DONE] = "done",
        [PEL_MIGRATE_DISKS] = "disks",
    };

    (void)arg;
    if (must_wait(stdout, r))
        return;
    printf("{\"event\":\"%s\",\"ms\":%llu,\"bytes\":%llu", names[r->step],
           (unsigned long long)r->ms, (unsigned long long)r->bytes);
    if (r->step == PEL_MIGRATE_DISKS)
        printf(",\"disk_size\":%llu,\"disk_done\":%llu",
               (unsigned long long)r->disk_size,
               (unsigned long long)r->disk_done);
    if (r->step == PEL_MIGRATE_ROUND)
        printf(",\"round\":%u,\"rate\":%llu,\"remaining\":%llu,"
               "\"predicted_ms\":%u",
               r->round, (unsigned long long)r->rate,
               (unsigned long long)r->remaining, r->predicted_ms);
    if (r->step == PEL_MIGRATE_DONE)
        printf(",\"rounds\":%u,\"downtime_ms\":%u", r->round, r->downtime_ms);
    printf("}\n");
    fflush(stdout);
}

static void tell_line(void *arg, const char *line)
{
    (void)arg;
    printf("%s\n", line);
}

#define TLS_DIR "/etc/pellicle/tls"

static const char *tls_dir(const struct args *a)
{
    return arg_has(a, 'T') ? arg_value(a, 'T') : TLS_DIR;
}

/*
 * As in xl: without a program in place of ssh, HOST is all of it.  Whoever may
 * start a program there may also say where that puts disks.
 */
static int make_command(struct pel_ctx *ctx, const struct args *a, char **out)
{
    const char *ssh = arg_has(a, 's') ? arg_value(a, 's') : "ssh";
    int n;

    if (arg_has(a, 'c') &&
        (strchr(tls_dir(a), '\'') || strchr(arg_value(a, 'c'), '\'')))
        return pel_fail(ctx, PEL_EINVAL,
                        "--connect and --tls take no quotation marks");
    if (arg_has(a, 'c'))
        n = asprintf(out, "exec pel-tls connect '%s' '%s'", tls_dir(a),
                     arg_value(a, 'c'));
    else if (*ssh)
        n = asprintf(out, "exec %s %s pel migrate-receive%s%s", ssh,
                     a->words[1], arg_has(a, 'S') ? " --storage /" : "",
                     arg_has(a, 'O') ? " --overwrite" : "");
    else
        n = asprintf(out, "%s", a->words[1]);
    return n < 0 ? pel_fail_oom(ctx) : 0;
}

static int number(struct pel_ctx *ctx, const struct args *a, char letter,
                  const char *what, uint64_t max, uint64_t *out)
{
    *out = 0;
    if (!arg_has(a, letter))
        return 0;
    return arg_number(ctx, what, arg_value(a, letter), 1, max, out);
}

static int read_limits(struct pel_ctx *ctx, const struct args *a,
                       struct pel_migrate *how)
{
    uint64_t ms, rounds, mib;
    int rc = number(ctx, a, 'm', "--max-downtime", 3600000, &ms);

    if (!rc)
        rc = number(ctx, a, 'r', "--max-rounds", 10000, &rounds);
    if (!rc)
        rc = number(ctx, a, 'b', "--bandwidth", 1000000, &mib);
    if (rc)
        return rc;
    how->downtime_ms = ms;
    how->rounds = rounds;
    how->bandwidth = mib << 20;
    return 0;
}

static int send_guest(struct pel_ctx *ctx, const struct args *a,
                      struct pel_migrate *how)
{
    char *command = NULL, *name = NULL;
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        rc = pel_domain_name(ctx, domid, &name);
    if (!rc)
        rc = make_command(ctx, a, &command);
    if (!rc) {
        how->command = command;
        how->arg = name;
        signals_hold();
        rc = pel_migrate(ctx, domid, how);
        if (!rc) {
            signals_release();
            if (fflush(stdout))
                __fpurge(stdout);
            clearerr(stdout); /* a status of 1 would say that it is here */
        }
    }
    free(command);
    free(name);
    return rc;
}

static int migrate(struct pel_ctx *ctx, const struct args *a)
{
    const char *other = arg_value(a, 'C');
    struct pel_migrate how = {
        .paused = arg_has(a, 'p'),
        .compress = arg_has(a, 'z'),
        .copy_storage = arg_has(a, 'S'),
        .overwrite = arg_has(a, 'O'),
        .stop = signals_waiting,
        .report = arg_has(a, 'j') ? tell_json : tell,
    };
    struct pel_config cfg;
    int rc = read_limits(ctx, a, &how);

    pel_config_init(&cfg);
    if (!rc && other)
        rc = pel_config_load(ctx, other, NULL, 0, &cfg);
    how.override = other ? &cfg : NULL;
    if (!rc)
        rc = send_guest(ctx, a, &how);
    pel_config_free(&cfg);
    return rc;
}

static int cancel(struct pel_ctx *ctx, const char *who)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, who, &domid);

    return rc ? rc : pel_migrate_cancel(ctx, domid);
}

int cmd_migrate(struct pel_ctx *ctx, const struct args *a)
{
    bool alone; /* no host follows the domain */

    if (arg_has(a, 'O') && !arg_has(a, 'S'))
        return pel_fail(ctx, PEL_EUSAGE, "--overwrite wants --copy-storage");
    if (arg_has(a, 'P'))
        return pel_fail(ctx, PEL_ENOTSUP, "--postcopy is not supported");
    if (arg_has(a, 'k') && (!arg_has(a, 'R') || !a->nr_words))
        return pel_fail(ctx, PEL_EUSAGE, "--keep wants --resolve DOMAIN");
    if (arg_has(a, 'R') && a->nr_words > 1)
        return pel_fail(ctx, PEL_EUSAGE, "--resolve wants a DOMAIN or none");
    if (arg_has(a, 'c') && arg_has(a, 's'))
        return pel_fail(ctx, PEL_EUSAGE, "say --connect or --ssh, not both");
    if (arg_has(a, 'T') && !arg_has(a, 'c'))
        return pel_fail(ctx, PEL_EUSAGE, "--tls wants --connect");
    if (arg_has(a, 'R'))
        return pel_migrate_resolve(ctx, a->nr_words ? a->words[0] : NULL,
                                   arg_has(a, 'k'), tell_line, NULL);
    if (arg_has(a, 'K') && a->nr_words == 1)
        return cancel(ctx, a->words[0]);
    alone = arg_has(a, 'K') || arg_has(a, 'c');
    if (a->nr_words != 2 - alone || arg_has(a, 'K'))
        return pel_fail(ctx, PEL_EUSAGE, "migrate wants %s",
                        alone ? "DOMAIN" : "DOMAIN HOST");
    return migrate(ctx, a);
}

/* Each connection comes back to this program, without --listen. */
static int listen_over_tls(struct pel_ctx *ctx, const struct args *a)
{
    const char *argv[] = { "pel-tls", "listen", tls_dir(a), arg_value(a, 'L'),
                           NULL,      NULL,     NULL,       NULL };
    size_t n = 4;

    if (arg_has(a, 'S')) {
        argv[n++] = "--storage";
        argv[n++] = arg_value(a, 'S');
    }
    if (arg_has(a, 'O'))
        argv[n++] = "--overwrite";
    execvp(argv[0], (char **)argv);
    return pel_fail_sys(ctx, PEL_EIO, "cannot run pel-tls");
}

int cmd_migrate_receive(struct pel_ctx *ctx, const struct args *a)
{
    const struct mirror_policy policy = {
        .folder = arg_has(a, 'S') ? arg_value(a, 'S') : NULL,
        .overwrite = arg_has(a, 'O'),
    };
    char *name;
    int rc;

    if (policy.folder && policy.folder[0] != '/')
        return pel_fail(ctx, PEL_EUSAGE, "--storage wants an absolute path");
    if (policy.overwrite && !policy.folder)
        return pel_fail(ctx, PEL_EUSAGE, "--overwrite wants --storage");
    if (arg_has(a, 'T') && !arg_has(a, 'L'))
        return pel_fail(ctx, PEL_EUSAGE, "--tls wants --listen");
    if (arg_has(a, 'L'))
        return listen_over_tls(ctx, a);
    signals_hold();
    rc = pel_migrate_receive(ctx, STDIN_FILENO, STDOUT_FILENO, &policy,
                             signals_waiting, &name);
    free(name);
    return rc;
}
