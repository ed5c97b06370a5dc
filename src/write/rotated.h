/* The rotated files of a series that a folder holds. */
#ifndef CTI_WRITE_ROTATED_H
#define CTI_WRITE_ROTATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CTI_ROTATED_NAME_MAX = 256 };

typedef struct cti_rotated {
    uint32_t number;
    uint64_t size;
} cti_rotated;

typedef struct cti_rotated_list {
    cti_rotated *files; /* by number, smallest first */
    size_t count;
    size_t capacity;
} cti_rotated_list;

/* Lists NAME.0, NAME.1 and so on. False, with errno, when that cannot be done. */
bool cti_rotated_find(cti_rotated_list *ret_list, int folder, const char *name);
void cti_rotated_release(cti_rotated_list *list);

/* The number that `entry` has in the series; false when it is none of it ("app.log.1.gz"). */
bool cti_rotated_number(const char *entry, const char *name, uint32_t *ret_number);

/* Writes "NAME.number". */
void cti_rotated_name(char out[CTI_ROTATED_NAME_MAX], const char *name, uint32_t number);

#endif
