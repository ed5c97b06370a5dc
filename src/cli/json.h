/* JSON that is read: one text at a time, strictly as RFC 8259 has it, into a row of nodes. Nothing
 * in it is trusted: it may be 2^32 - 1 bytes long and JSON_DEPTH deep, and is else refused. */
#ifndef CTI_CLI_JSON_H
#define CTI_CLI_JSON_H

#include "ctrace/subscriber.h"

enum { JSON_DEPTH = 64 };

typedef enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY, /* its elements follow */
    JSON_OBJECT /* its keys follow, each a JSON_STRING with its value behind it */
} json_kind;

typedef struct json_node {
    uint32_t at, size; /* in the text; of a string, what is between the quotes */
    uint32_t end;      /* the index behind this node and all that is in it */
    json_kind kind;
} json_node;

typedef struct json_doc {
    const char *text; /* must last as long as the nodes are read */
    json_node *nodes; /* the first is the whole */
    size_t count, capacity;
} json_doc;

/* Reads a text. Returns NULL, or what is wrong with it, in words that last for ever, and where. */
const char *json_read(json_doc *json, const char *text, size_t size, size_t *reterr_at);

/* Gives the memory back. A zeroed json has none. */
void json_release(json_doc *json);

/* The value of an object's member (of equal keys, the last); NULL when there is none, or when
 * `object` is NULL or no object. */
const json_node *json_member(const json_doc *json, const json_node *object, const char *key);

/* Walks over the elements of an array, or over keys and values of an object: the first, and the one
 * behind `node` in the same `parent`; NULL at the end, and for what holds nothing. */
const json_node *json_first(const json_doc *json, const json_node *parent);
const json_node *json_next(const json_doc *json, const json_node *parent, const json_node *node);

/* Whether the node is that string. NULL is none. */
bool json_is(const json_doc *json, const json_node *node, const char *text);

/* Appends what the string says, in UTF-8; half a surrogate pair as U+FFFD. */
void json_put_string(ctrace_buf *buf, const json_doc *json, const json_node *string);

/* Read a number, or as OTLP has them, a string of one; false for what is none, or does not fit. */
bool json_u64(const json_doc *json, const json_node *node, uint64_t *ret_number);

/* Reads `words` 64-bit words of hexadecimal digits, in lower or upper case. */
bool json_hex(const json_doc *json, const json_node *node, uint64_t *ret_words, size_t words);

#endif
