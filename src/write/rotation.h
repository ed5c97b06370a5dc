/* The names of a rolling file: NAME is written to, NAME.1 is the newest before it, NAME.2 older.
 *
 * Each step is one rename, link or unlink, in an order in which a crash between any two leaves
 * every line under a name of the series, and NAME itself always there (where the system can
 * exchange two names; elsewhere it is missing between two renames). At worst there is a hole in the
 * numbers, or an empty NAME.1 or NAME.0, which the next rotation mends. */
#ifndef CTI_WRITE_ROTATION_H
#define CTI_WRITE_ROTATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct cti_rotation {
    int folder;       /* descriptor of the folder that the names are in */
    const char *name; /* without folders; not ours */
} cti_rotation;

/* Opens the folder and keeps other rotations in it out, those of other processes too; waits for
 * them a tenth of a second at most. False, with errno, when that was in vain. */
bool cti_rotation_begin(cti_rotation *rotation, const char *path);
void cti_rotation_end(cti_rotation *rotation);

/* Whether NAME can be rotated at all: there must be room for ".4294967295" behind it. */
bool cti_rotation_name_fits(const char *path);

/* Makes NAME.1 free: deletes the oldest files, so that with one of `size` more there are
 * `keep_files` and `keep_bytes` at most (0: no limit), and renumbers the others. Mends what a crash
 * left. */
bool cti_rotation_make_room(const cti_rotation *rotation, uint64_t size, uint32_t keep_files,
                            uint64_t keep_bytes);

/* Makes an empty file, gives it the name NAME, and what was called so becomes NAME.1. Returns the
 * new file's descriptor, or -1 with errno; then the names are as before. */
int cti_rotation_swap(const cti_rotation *rotation, mode_t mode);

/* For tests. */
extern struct cti_rotation_test {
    void (*after_step)(void); /* called after each step */
    bool no_exchange;         /* as on systems that cannot exchange names */
} cti_rotation_test;

#endif
