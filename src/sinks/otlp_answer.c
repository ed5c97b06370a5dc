#include "sinks/otlp_answer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "core/stats.h"
#include "core/status.h"

enum { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5, MOST_REJECTED = 1 << 30 };

/* ---- Protobuf ---- */

typedef struct reader {
    const unsigned char *at, *end;
} reader;

static bool read_varint(reader *from, uint64_t *ret_value) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && from->at < from->end; shift += 7) {
        const unsigned char byte = *from->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* Reads one field: a number, or where its bytes are. */
static bool read_field(reader *from, uint64_t *ret_tag, uint64_t *ret_value, reader *ret_bytes) {
    uint64_t size = 0;
    if (!read_varint(from, ret_tag)) {
        return false;
    }
    switch (*ret_tag & 7) {
    case VARINT:
        return read_varint(from, ret_value);
    case LENGTH:
        if (!read_varint(from, &size)) {
            return false;
        }
        break;
    case FIXED64:
        size = 8;
        break;
    case FIXED32:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > (uint64_t)(from->end - from->at)) {
        return false;
    }
    *ret_bytes = (reader){from->at, from->at + size};
    from->at += size;
    return true;
}

/* partial_success is the first field of the answer, what was rejected the first of that. */
static uint64_t rejected_protobuf(reader answer) {
    uint64_t tag = 0;
    uint64_t value = 0;
    uint64_t rejected = 0;
    reader inside = {NULL, NULL};
    while (read_field(&answer, &tag, &value, &inside)) {
        if (tag != (1 << 3 | LENGTH)) {
            continue;
        }
        while (read_field(&inside, &tag, &value, &(reader){NULL, NULL})) {
            rejected = tag == (1 << 3 | VARINT) ? value : rejected;
        }
    }
    return rejected;
}

/* ---- JSON ---- */

/* What follows the key and its colon, and the quote of a number that is written as a string. */
static const char *find_key(const char *at, const char *end, const char *key) {
    const size_t size = strlen(key);
    while (at < end && ((size_t)(end - at) < size || memcmp(at, key, size) != 0)) {
        at++;
    }
    at += at < end ? size : 0;
    while (at < end && strchr(" \t\r\n:\"", *at) != NULL && *at != '\0') {
        at++;
    }
    return at;
}

static uint64_t read_number(const char *at, const char *end) {
    uint64_t value = 0;
    for (; at < end && *at >= '0' && *at <= '9' && value < MOST_REJECTED; at++) {
        value = 10 * value + (uint64_t)(*at - '0');
    }
    return value;
}

static uint64_t rejected_json(const char *body, const char *end) {
    const uint64_t spans = read_number(find_key(body, end, "\"rejectedSpans\""), end);
    return spans != 0 ? spans : read_number(find_key(body, end, "\"rejectedLogRecords\""), end);
}

/* ---- Both ---- */

uint64_t cti_otlp_rejected(const char *body, size_t size) {
    if (size == 0) {
        return 0;
    }
    const unsigned char *bytes = (const unsigned char *)body;
    const uint64_t rejected = *body == '{' ? rejected_json(body, body + size)
                                           : rejected_protobuf((reader){bytes, bytes + size});
    return rejected < MOST_REJECTED ? rejected : 0;
}

static void count(cti_counter counter, int status, const char *body, size_t size) {
    static bool reported;
    const uint64_t rejected = status >= 200 && status < 300 ? cti_otlp_rejected(body, size) : 0;
    if (rejected != 0) {
        cti_count(counter, (int64_t)rejected);
        cti_complain_once(&reported, "the OTLP server rejected %" PRIu64 " records of a message",
                          rejected);
    }
}

void cti_otlp_spans_answered(void *arg, int status, const char *body, size_t size) {
    (void)arg;
    count(CTI_SPANS_LOST, status, body, size);
}

void cti_otlp_logs_answered(void *arg, int status, const char *body, size_t size) {
    (void)arg;
    count(CTI_EVENTS_LOST, status, body, size);
}
