/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What those who write the journal's file and who read it share. */
#ifndef JOURNAL_FILE_H
#define JOURNAL_FILE_H

#include <store/journal.h>

/* A file begins with the one or the other; frames follow. */
#define FILE_WHOLE "PELSTOR\n"
#define FILE_LACKING "PELLACK\n" /* there was no room for the last changes */

#endif
