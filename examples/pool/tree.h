/* Counting the words of all files below a directory, in parallel. */
#ifndef POOL_TREE_H
#define POOL_TREE_H

#include <stdint.h>

struct tally {
    uint64_t words, files, unreadable;
};

/* What `find PATH -type f` names: symbolic links are not followed. What cannot be read is told and
 * passed over. Call in a pool. */
struct tally tree_count(const char *path);

#endif
