/* What `ctrace tree` reads, and how it shows it. */
#ifndef CTI_CLI_TREE_H
#define CTI_CLI_TREE_H

#include "base/buf.h"
#include "cli/forest.h"
#include "cli/json.h"
#include "ctrace/writer.h"

/* A file that is read. */
typedef struct tree_source {
    tree_forest *forest;
    const char *path;    /* as the user wrote it */
    const char *process; /* what its spans are said to be of: the file's name, unless they tell */
    const char *service; /* the name that they told last, or NULL */
    uint64_t number;     /* of the file, from 1 on */
    json_doc json;
    ctrace_buf text;
    ctrace_buf string;
    bool damaged;
} tree_source;

/* Read one line: NULL, or what is wrong with it. source->json holds it, read. */
const char *tree_read_event(tree_source *source);
const char *tree_read_otlp(tree_source *source);

/* Reads a recording, and says on standard error what is wrong. */
void tree_read_recording(tree_source *source);

/* The name of the process that tells: `service`, a string, if there is one, else the file's. */
const char *tree_process(tree_source *source, const json_node *service);

/* Append " key=value", as the text format has it; the key as bytes, or a node. */
void tree_put_key(ctrace_buf *buf, bool color, const char *key, size_t size);
void tree_put_field(tree_source *source, const json_node *key, const json_node *value);
void tree_put_value(tree_source *source, const json_node *value);

/* Appends a string's text, made harmless, in a style or plain (NULL). */
void tree_put_text(tree_source *source, const json_node *string, const char *style);

/* Reads a time as RFC 3339 has it, or a number of seconds. */
bool tree_time(const json_doc *json, const json_node *node, uint64_t *ret_ns);

/* Prints the trees of a joined forest. */
void tree_print(const tree_forest *forest, ctrace_writer *writer);

#endif
