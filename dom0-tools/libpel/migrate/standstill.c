/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A number in a file, which is replaced as a whole. */
#include <stdio.h>
#include <unistd.h>
#include <pel/standstill.h>

uint32_t standstill_ms(void)
{
    FILE *f = fopen(STANDSTILL_FILE, "re");
    unsigned int ms = 0;

    if (!f)
        return STANDSTILL_MS;
    if (fscanf(f, "%u", &ms) != 1 || !ms || ms > STANDSTILL_MAX_MS)
        ms = STANDSTILL_MS;
    fclose(f);
    return ms;
}

void standstill_learn(int64_t ms)
{
    static const char part[] = STANDSTILL_FILE ".part";
    FILE *f;

    ms = (ms + standstill_ms()) / 2;
    if (ms < 1)
        ms = 1;
    if (ms > STANDSTILL_MAX_MS)
        ms = STANDSTILL_MAX_MS;
    f = fopen(part, "we");
    if (!f)
        return;
    fprintf(f, "%u\n", (unsigned int)ms);
    if (fclose(f) || rename(part, STANDSTILL_FILE))
        unlink(part);
}
