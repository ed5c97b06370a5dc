/* The tool's JSON reader, with any bytes. What it takes is walked over and decoded. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/json.h"

/* The tool's sources are not in the library. */
#include "cli/json.c"
#include "cli/json_value.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const json_doc *json, const json_node *node, ctrace_buf *buf) {
    uint64_t words[2];
    json_u64(json, node, words);
    json_hex(json, node, words, 2);
    if (node->kind == JSON_STRING) {
        json_put_string(buf, json, node);
    }
    for (const json_node *at = json_first(json, node); at != NULL; at = json_next(json, node, at)) {
        visit(json, at, buf);
    }
    json_member(json, node, "spans");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_doc json = {0};
    ctrace_buf buf = CTI_BUF_INIT;
    size_t at;
    char *copy = malloc(size + 1); /* exact: not even a NUL behind it */
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data, size);
    if (json_read(&json, copy, size, &at) == NULL) {
        visit(&json, json.nodes, &buf);
    } else if (at > size) {
        abort();
    }
    json_release(&json);
    cti_buf_release(&buf);
    free(copy);
    return 0;
}
