/* Records of one signal, traces or logs, on their way out: gathered until there are enough of them
 * or the first is old enough, then sent as one message. Whoever brings the record that fills a
 * batch hands it to the writer, which for HTTP is a queue; a batch that has become old is sent by
 * the library's timer thread. */
#ifndef CTI_SINKS_OTLP_BATCH_H
#define CTI_SINKS_OTLP_BATCH_H

#include "base/lock.h"
#include "ctrace/writer.h"
#include "sinks/otlp_environment.h"
#include "sinks/otlp_resource.h"
#include "write/timer.h"

/* What differs between traces and logs. */
typedef struct cti_otlp_signal {
    bool is_traces;
    const char *resources, *scopes, *records; /* JSON names of the lists */
    void (*answered)(void *arg, int status, const char *body, size_t size);
} cti_otlp_signal;

/* Records of one target, as items of a list. */
typedef struct cti_otlp_scope {
    const char *target;
    ctrace_buf records;
    uint32_t count;
} cti_otlp_scope;

enum { CTI_OTLP_SCOPES = 64 };

/* Records by their targets. A message cannot be about two processes. */
typedef struct cti_otlp_load {
    cti_otlp_scope scopes[CTI_OTLP_SCOPES];
    uint32_t scope_count, records;
    size_t bytes;
    uint64_t process_id;
} cti_otlp_load;

typedef struct cti_otlp_batch {
    const cti_otlp_signal *signal;
    const cti_otlp_resource *resource;
    ctrace_writer *writer; /* a reference */
    const char *path;      /* behind an HTTP writer's URL */
    bool is_json;
    cti_otlp_pace pace;
    size_t most_bytes;
    cti_timer timer;
    cti_lock sending; /* of what is taken out; taken before the other */
    ctrace_buf message;
    cti_lock lock;              /* of what is being filled */
    cti_otlp_load *loads;       /* two: one is filled while the other is sent */
    uint32_t filling;           /* which one */
    uint32_t generation;        /* of the process that all this belongs to */
    bool changing, sending_now; /* a child that was forked meanwhile finds it half done */
} cti_otlp_batch;

/* Makes the batch ready; its settings, from signal to most_bytes, are filled in, the rest is zero.
 * False when there is no memory or no thread. End it in any case. */
bool cti_otlp_batch_begin(cti_otlp_batch *batch);

/* Frees it. What is not sent is forgotten. */
void cti_otlp_batch_end(cti_otlp_batch *batch);

/* Adds a record, and sends the batch when that makes it full. False when there is no memory.
 *
 * target  Valid for ever.
 *
 * Threads: any. */
bool cti_otlp_batch_add(cti_otlp_batch *batch, const char *target, const ctrace_buf *record,
                        uint64_t process_id);

/* Hands what there is to the writer. */
ctrace_status cti_otlp_batch_send(cti_otlp_batch *batch);

#endif
