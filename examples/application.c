/* Uses library.c, which tells what it does, in the spans of the application that it works for.
 *
 *     ./application                                   the library is silent
 *     CTRACE_LOG=info,kvstore=debug ./application     what it does
 *     CTRACE_LOG=info,kvstore=trace ./application     and every collision of keys
 */
#define TRACE_TARGET "wordcount"
#include "ctrace/trace.h"

#include "library.h"

#include <stdio.h>
#include <string.h>

static bool count(struct kvstore *store, const char *word) {
    TRACE_SPAN("count", ("word", word));
    return kvstore_put(store, word, kvstore_get(store, word, 0) + 1);
}

static bool count_all(struct kvstore *store, char *text) {
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        if (!count(store, word)) {
            return false;
        }
    }
    return true;
}

int main(void) {
    char text[] = "the cat saw the dog and the dog saw the other cat";
    ctrace_init();
    struct kvstore *store = kvstore_new();
    if (store == NULL || !count_all(store, text)) {
        TRACE_ERROR("out of memory");
        kvstore_free(store);
        return 1;
    }
    long cats = kvstore_get(store, "cat", 0);
    long dogs = kvstore_get(store, "dog", 0);
    TRACE_INFO("counted", ("cats", cats), ("dogs", dogs));
    printf("%ld cats, %ld dogs\n", cats, dogs);
    kvstore_free(store);
    return 0;
}
