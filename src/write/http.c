#include "write/http.h"

#include "base/memory.h"
#include "core/stats.h"
#include "core/status.h"
#include "write/http_headers.h"
#include "write/http_request.h"
#include "write/http_writer.h"
#include "write/writer.h"

static const uint64_t TIMEOUT_NS = UINT64_C(10000000000);
static const uint64_t CONNECT_TIMEOUT_NS = UINT64_C(3000000000);
static const uint64_t RETRY_FOR_NS = UINT64_C(60000000000);
static const size_t QUEUE_BYTES = 4 * 1024 * 1024;

/* ---- In ---- */

static cti_http_text text_of(const ctrace_buf *buf) {
    return (cti_http_text){buf->bytes, buf->size};
}

/* What never came to be a request. */
static ctrace_status lose(ctrace_status status, const cti_http_message *message) {
    cti_count(CTI_WRITE_ERRORS, 1);
    cti_count(CTI_BYTES_LOST, (int64_t)message->size);
    cti_count(CTI_SPANS_LOST, (int64_t)message->spans);
    cti_count(CTI_EVENTS_LOST, (int64_t)message->events);
    return status;
}

static ctrace_status lose_to_full_queue(cti_http *http, const cti_http_message *message) {
    cti_complain_once(&http->said_full, "the queue to %s is full: what comes now is lost",
                      http->url_text);
    return lose(CTRACE_EIO, message);
}

/* Takes over the request. */
static ctrace_status push(cti_http *http, cti_http_request *request,
                          const cti_http_message *message) {
    cti_http_enter(http);
    const bool has_room = cti_http_queue_has_room(&http->queue, request);
    if (has_room) {
        cti_http_queue_push(&http->queue, request);
        cti_http_start(http);
    }
    cti_http_leave(http);
    if (!has_room) {
        cti_free(request);
        return lose_to_full_queue(http, message);
    }
    return CTRACE_OK;
}

static cti_http_request *make_request(const cti_http *http, const cti_http_message *message) {
    const char *type = message->content_type == NULL ? http->content_type : message->content_type;
    ctrace_buf head = CTI_BUF_INIT;
    cti_http_request_head(&head, &http->url, message->path, type, text_of(&http->headers));
    cti_http_request *request =
        head.failed ? NULL : cti_http_request_new(text_of(&head), message->size);
    cti_buf_release(&head);
    if (request == NULL) {
        return NULL;
    }
    if (message->size != 0) {
        memcpy(request->bytes + request->head_size, message->bytes, message->size);
    }
    request->body_size = message->size;
    request->spans = message->spans;
    request->events = message->events;
    request->answered = message->answered;
    request->arg = message->arg;
    return request;
}

ctrace_status cti_http_post(ctrace_writer *writer, const cti_http_message *message) {
    if (!cti_writer_is_http(writer)) {
        return cti_fail(CTRACE_EINVAL, "not an HTTP writer");
    }
    cti_calm calm;
    cti_calm_begin(&calm);
    cti_http *http = writer->state;
    cti_http_request *request = make_request(http, message);
    const ctrace_status status =
        request == NULL ? lose(CTRACE_ENOMEM, message) : push(http, request, message);
    cti_calm_end(&calm);
    return status;
}

/* ---- Lines ---- */

/* A request that takes these lines and, where there is room for them, many more. */
static cti_http_request *begin_lines(const cti_http *http, size_t size) {
    const cti_http_queue *queue = &http->queue;
    const size_t overhead = sizeof(cti_http_request) + http->lines_head.size;
    const size_t left = queue->limit - queue->used;
    const size_t room = left > overhead ? left - overhead : 0;
    const size_t usual = room < CTI_HTTP_LINES_BYTES ? room : CTI_HTTP_LINES_BYTES;
    cti_http_request *request =
        cti_http_request_new(text_of(&http->lines_head), size > usual ? size : usual);
    if (request != NULL) {
        request->takes_lines = true;
    }
    return request;
}

/* Between enter and leave. */
static ctrace_status add_lines(cti_http *http, const char *bytes, size_t size) {
    if (cti_http_queue_add_lines(&http->queue, bytes, size)) {
        return CTRACE_OK;
    }
    cti_http_request *request = begin_lines(http, size);
    if (request == NULL) {
        return CTRACE_ENOMEM;
    }
    if (!cti_http_queue_has_room(&http->queue, request)) {
        cti_free(request);
        return CTRACE_EIO;
    }
    cti_http_queue_push(&http->queue, request);
    cti_http_queue_add_lines(&http->queue, bytes, size);
    return CTRACE_OK;
}

static ctrace_status http_write(void *state, const char *bytes, size_t size) {
    cti_http *http = state;
    cti_http_enter(http);
    const ctrace_status status = add_lines(http, bytes, size);
    if (status == CTRACE_OK) {
        cti_http_start(http);
    }
    cti_http_leave(http);
    const cti_http_message lines = {.size = size};
    switch (status) {
    case CTRACE_OK:
        return CTRACE_OK;
    case CTRACE_EIO:
        return lose_to_full_queue(http, &lines);
    default:
        return lose(status, &lines);
    }
}

static ctrace_status http_flush(void *state, uint64_t timeout_ns) {
    cti_http *http = state;
    cti_http_enter(http);
    if (http->queue.settled != http->queue.begun) {
        cti_http_start(http);
    }
    const ctrace_status status = cti_http_queue_wait(&http->queue, timeout_ns);
    cti_http_leave(http);
    return status;
}

/* ---- Making one ---- */

static void http_free(void *state) {
    cti_http_stop(state);
}

static const ctrace_writer_ops http_ops = {
    .size = sizeof http_ops, .write = http_write, .flush = http_flush, .free = http_free};

bool cti_writer_is_http(const ctrace_writer *writer) {
    return writer != NULL && writer->ops.write == http_write;
}

void cti_http_destroy(cti_http *http) {
    cti_http_queue_destroy(&http->queue);
    cti_http_response_release(&http->response);
    cti_buf_release(&http->lines_head);
    cti_buf_release(&http->headers);
    cti_free(http->content_type);
    cti_free(http->url_text);
    cti_free(http);
}

static uint64_t chosen_ns(uint64_t option, uint64_t otherwise) {
    return option == 0 ? otherwise : option;
}

static void take_numbers(cti_http *http, const ctrace_http_writer_options *options) {
    http->timeout_ns = chosen_ns(options->timeout_ns, TIMEOUT_NS);
    http->retry_for_ns = chosen_ns(options->retry_for_ns, RETRY_FOR_NS);
    http->connection.connect_ns = chosen_ns(options->connect_timeout_ns, CONNECT_TIMEOUT_NS);
    http->connection.stop = &http->queue.stopping;
    http->connection.fd = -1;
    cti_http_queue_init(&http->queue,
                        options->queue_bytes == 0 ? QUEUE_BYTES : options->queue_bytes);
}

static char *copy_string(const char *text) {
    return cti_copy_text(text, strlen(text));
}

static ctrace_status take_texts(cti_http *http, const char *url,
                                const ctrace_http_writer_options *options) {
    const char *type =
        options->content_type == NULL ? "application/x-ndjson" : options->content_type;
    if (!cti_http_is_header_value(type, strlen(type))) {
        return cti_fail(CTRACE_EINVAL, "a content type holds control characters");
    }
    http->url_text = copy_string(url);
    http->content_type = copy_string(type);
    if (http->url_text == NULL || http->content_type == NULL) {
        return CTRACE_ENOMEM;
    }
    const ctrace_status status = cti_http_url_parse(http->url_text, &http->url);
    return status == CTRACE_OK ? cti_http_headers_parse(options->headers, &http->headers) : status;
}

static ctrace_status take_options(cti_http *http, const char *url,
                                  const ctrace_http_writer_options *options) {
    take_numbers(http, options);
    const ctrace_status status = take_texts(http, url, options);
    if (status == CTRACE_OK && !http->headers.failed) {
        cti_http_request_head(&http->lines_head, &http->url, NULL, http->content_type,
                              text_of(&http->headers));
    }
    if (status == CTRACE_ENOMEM || http->headers.failed || http->lines_head.failed) {
        cti_fail_memory("an HTTP writer");
        return CTRACE_ENOMEM;
    }
    return status;
}

ctrace_writer *ctrace_http_writer_new(const char *url, const ctrace_http_writer_options *options) {
    if (url == NULL) {
        return cti_fail_null("the URL");
    }
    cti_http *http = cti_alloc_zeroed(sizeof *http);
    if (http == NULL) {
        return cti_fail_memory("an HTTP writer");
    }
    const ctrace_http_writer_options none = {0};
    if (take_options(http, url, options == NULL ? &none : options) != CTRACE_OK) {
        cti_http_destroy(http);
        return NULL;
    }
    ctrace_writer *writer = cti_writer_make(&http_ops, http, NULL);
    if (writer != NULL) {
        writer->is_independent = true;
    }
    return writer;
}
