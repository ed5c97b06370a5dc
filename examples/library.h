/* kvstore: a small library that explains itself to who asks, and costs nothing to who does not.
 *
 * It knows nothing of its user's choice of subscribers, formats or files: it only tells. */
#ifndef KVSTORE_H
#define KVSTORE_H

#include <stdbool.h>

/* A map from text to numbers. */
struct kvstore;

/* A new, empty store, or NULL when there is no memory. */
struct kvstore *kvstore_new(void);

/* Takes NULL. */
void kvstore_free(struct kvstore *store);

/* Sets the value of a key, which is copied. Returns false when there is no memory. */
bool kvstore_put(struct kvstore *store, const char *key, long value);

/* The value of a key, or `otherwise` when there is none. */
long kvstore_get(const struct kvstore *store, const char *key, long otherwise);

#endif
