/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is given back to the system. */
#ifndef DAEMON_MEM_H
#define DAEMON_MEM_H

/** mem_trim - give back what was freed, if that is a good part; cheap if not */
void mem_trim(void);

#endif
