/* Passes contexts on, a line for each: reads "NAME:VALUE NAME:VALUE ...", all in hexadecimal
 * digits, and writes what it sends on in the same form.
 *
 * Names are those of headers, which are extracted from; or "get", and the value is a key of the
 * baggage that is answered with "got", if it is there; or "set KEY", and the value is what the
 * baggage is to have there. With "span" there is a span here, else nobody listens. */
#include <stdlib.h>
#include <string.h>

#include <stdio.h>

#include "ctrace/context.h"
#include "ctrace/subscriber.h"

enum { MOST = 300, LINE = 1 << 18 };

typedef struct pair {
    char *name, *value;
} pair;

typedef struct request {
    size_t count;
    pair pairs[MOST];
} request;

static unsigned digit(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* In place. */
static char *decode(char *hex) {
    char *to = hex;
    for (const char *at = hex; at[0] != '\0' && at[1] != '\0'; at += 2) {
        *to++ = (char)(digit(at[0]) << 4 | digit(at[1]));
    }
    *to = '\0';
    return hex;
}

static void take_apart(char *line, request *ret_request) {
    ret_request->count = 0;
    for (char *word = strtok(line, " \n"); word != NULL && ret_request->count < MOST;
         word = strtok(NULL, " \n")) {
        char *value = strchr(word, ':');
        *value++ = '\0';
        ret_request->pairs[ret_request->count++] = (pair){decode(word), decode(value)};
    }
}

static const char *get(void *all, const char *name, size_t i) {
    const request *from = all;
    for (size_t at = 0; at < from->count; at++) {
        if (strcmp(from->pairs[at].name, name) == 0 && i-- == 0) {
            return from->pairs[at].value;
        }
    }
    return NULL;
}

static void put_hex(const char *text) {
    for (; *text != '\0'; text++) {
        printf("%02x", (unsigned char)*text);
    }
}

static void put(void *unused, const char *name, const char *value) {
    (void)unused;
    put_hex(name);
    putchar(':');
    put_hex(value);
    putchar(' ');
}

static void answer(const request *asked) {
    for (size_t i = 0; i < asked->count; i++) {
        const pair *one = &asked->pairs[i];
        if (strncmp(one->name, "set ", 4) == 0 && !ctrace_baggage_set(one->name + 4, one->value)) {
            put(NULL, "refused", one->name + 4);
        }
    }
    ctrace_inject(put, NULL);
    for (size_t i = 0; i < asked->count; i++) {
        const char *got = NULL;
        if (strcmp(asked->pairs[i].name, "get") == 0) {
            got = ctrace_baggage_get(asked->pairs[i].value);
        }
        if (got != NULL) {
            put(NULL, "got", got);
        }
    }
    putchar('\n');
}

static void serve(request *asked) {
    ctrace_remote remote;
    const bool known = ctrace_extract(get, asked, &remote);
    ctrace_span *span = TRACE_SPAN_REMOTE(known ? &remote : NULL, "request");
    TRACE_IN(span) {
        answer(asked);
    }
    ctrace_span_unref(span);
}

int main(void) {
    static const ctrace_subscriber_ops ops = {.size = sizeof ops};
    static ctrace_subscriber listener;
    static request asked;
    char *line = malloc(LINE);
    if (line == NULL) {
        return 1;
    }
    ctrace_subscriber_init(&listener, &ops);
    while (fgets(line, LINE, stdin) != NULL) {
        take_apart(line, &asked);
        TRACE_WITH_SUBSCRIBER(get(&asked, "span", 0) != NULL ? &listener : NULL) {
            serve(&asked);
        }
    }
    free(line);
    return 0;
}
