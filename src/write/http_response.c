#include "write/http_response.h"

#include "write/http_header_line.h"

void cti_http_response_begin(cti_http_response *response) {
    ctrace_buf body = response->body;
    body.size = 0;
    body.failed = false;
    *response = (cti_http_response){.wait_s = -1, .wait_until = -1};
    response->body = body;
}

void cti_http_response_release(cti_http_response *response) {
    cti_buf_release(&response->body);
}

static void break_off(cti_http_response *response, const char *why) {
    response->part = CTI_HTTP_BROKEN;
    response->why = why;
    response->keeps_alive = false;
}

/* ---- Lines ---- */

static void take_status_line(cti_http_response *response) {
    const char *line = response->line;
    int status = 0;
    bool fits =
        strncmp(line, "HTTP/1.", 7) == 0 && line[7] >= '0' && line[7] <= '9' && line[8] == ' ';
    for (unsigned i = 9; fits && i < 12; i++) {
        fits = line[i] >= '0' && line[i] <= '9';
        status = status * 10 + (line[i] - '0');
    }
    if (!fits || status < 100 || (line[12] != ' ' && line[12] != '\0')) {
        break_off(response, "the answer is not HTTP/1.1");
        return;
    }
    response->read_status = status;
    response->keeps_alive = line[7] != '0';
    response->part = CTI_HTTP_HEADER;
}

/* What interim answers say of themselves does not hold for the one that follows. */
static void expect_another(cti_http_response *response) {
    if (response->read_status == 101) {
        break_off(response, "the answer switches to another protocol");
        return;
    }
    response->has_size = false;
    response->is_chunked = false;
    response->left = 0;
    response->wait_s = response->wait_until = -1;
    response->part = CTI_HTTP_STATUS_LINE;
}

static void end_head(cti_http_response *response) {
    if (response->read_status < 200) {
        expect_another(response);
        return;
    }
    response->status = response->read_status;
    const bool has_none = response->status == 204 || response->status == 304;
    if (has_none || (!response->is_chunked && response->has_size && response->left == 0)) {
        response->part = CTI_HTTP_END;
    } else if (response->is_chunked) {
        /* A size beside it is how requests are smuggled (RFC 9112, 6.3): no second request here. */
        response->keeps_alive = response->keeps_alive && !response->has_size;
        response->part = CTI_HTTP_CHUNK_SIZE;
    } else {
        response->part = response->has_size ? CTI_HTTP_SIZED : CTI_HTTP_CLOSED;
        response->keeps_alive = response->keeps_alive && response->has_size;
    }
}

static void take_chunk_size(cti_http_response *response) {
    uint64_t size = 0;
    const size_t digits = cti_http_hex(response->line, &size);
    const char behind = response->line[digits];
    if (digits == 0 || (behind != '\0' && behind != ';' && behind != ' ' && behind != '\t')) {
        break_off(response, "the answer has a chunk without a size");
        return;
    }
    response->left = size;
    response->part = size == 0 ? CTI_HTTP_TRAILER : CTI_HTTP_CHUNK;
}

static void take_header(cti_http_response *response) {
    if (response->line_size == 0) {
        end_head(response);
        return;
    }
    const char *why = cti_http_header_line(response);
    if (why != NULL) {
        break_off(response, why);
    }
}

static void take_line(cti_http_response *response) {
    switch (response->part) {
    case CTI_HTTP_STATUS_LINE:
        take_status_line(response);
        break;
    case CTI_HTTP_HEADER:
        take_header(response);
        break;
    case CTI_HTTP_CHUNK_SIZE:
        take_chunk_size(response);
        break;
    case CTI_HTTP_CHUNK_END:
        response->part = CTI_HTTP_CHUNK_SIZE;
        if (response->line_size != 0) {
            break_off(response, "the answer has a chunk of another size than it says");
        }
        break;
    default: /* trailers say nothing that we would heed */
        response->part = response->line_size == 0 ? CTI_HTTP_END : CTI_HTTP_TRAILER;
    }
}

static bool is_in_head(const cti_http_response *response) {
    return response->part == CTI_HTTP_STATUS_LINE || response->part == CTI_HTTP_HEADER ||
           response->part == CTI_HTTP_TRAILER;
}

static void end_line(cti_http_response *response) {
    if (response->line_size != 0 && response->line[response->line_size - 1] == '\r') {
        response->line_size--;
    }
    response->line[response->line_size] = '\0';
    if (strlen(response->line) != response->line_size) {
        break_off(response, "the answer holds a NUL in its head");
    } else {
        take_line(response);
    }
    response->line_size = 0;
}

/* Adds up to the end of the line; returns how many bytes that took. */
static size_t add_to_line(cti_http_response *response, const char *bytes, size_t size) {
    const char *newline = memchr(bytes, '\n', size);
    const size_t more = newline == NULL ? size : (size_t)(newline - bytes);
    if (more >= sizeof response->line - response->line_size) {
        break_off(response, "the answer has a line that is too long");
        return size;
    }
    memcpy(response->line + response->line_size, bytes, more);
    response->line_size += more;
    const size_t used = more + (newline == NULL ? 0 : 1);
    response->head_size += is_in_head(response) ? used : 0;
    if (response->head_size > CTI_HTTP_HEAD_MAX) {
        break_off(response, "the answer has too many headers");
    } else if (newline != NULL) {
        end_line(response);
    }
    return used;
}

/* ---- Bodies ---- */

static void keep(cti_http_response *response, const char *bytes, size_t size) {
    const size_t room = CTI_HTTP_BODY_KEPT - response->body.size;
    cti_buf_put(&response->body, bytes, size < room ? size : room);
}

static size_t add_to_body(cti_http_response *response, const char *bytes, size_t size) {
    const bool is_bounded = response->part != CTI_HTTP_CLOSED;
    const size_t used = is_bounded && size > response->left ? (size_t)response->left : size;
    keep(response, bytes, used);
    if (is_bounded) {
        response->left -= used;
        if (response->left == 0) {
            response->part = response->part == CTI_HTTP_SIZED ? CTI_HTTP_END : CTI_HTTP_CHUNK_END;
        }
    }
    return used;
}

static cti_http_progress progress_of(const cti_http_response *response) {
    switch (response->part) {
    case CTI_HTTP_END:
        return CTI_HTTP_DONE;
    case CTI_HTTP_BROKEN:
        return CTI_HTTP_BAD;
    default:
        return CTI_HTTP_MORE;
    }
}

static size_t take_some(cti_http_response *response, const char *bytes, size_t size) {
    switch (response->part) {
    case CTI_HTTP_SIZED:
    case CTI_HTTP_CLOSED:
    case CTI_HTTP_CHUNK:
        return add_to_body(response, bytes, size);
    default:
        return add_to_line(response, bytes, size);
    }
}

cti_http_progress cti_http_response_take(cti_http_response *response, const char *bytes,
                                         size_t size) {
    response->size += size;
    while (size != 0 && progress_of(response) == CTI_HTTP_MORE) {
        const size_t used = take_some(response, bytes, size);
        bytes += used;
        size -= used;
    }
    if (size != 0) {
        response->keeps_alive = false;
    }
    if (progress_of(response) == CTI_HTTP_MORE && response->size > CTI_HTTP_ANSWER_MAX) {
        break_off(response, "the answer is too long");
    }
    return progress_of(response);
}

cti_http_progress cti_http_response_close(cti_http_response *response) {
    if (response->part == CTI_HTTP_CLOSED) {
        response->part = CTI_HTTP_END;
    } else if (response->part != CTI_HTTP_END) {
        break_off(response, response->size == 0 ? "the connection was closed without an answer"
                                                : "the answer broke off");
    }
    response->keeps_alive = false;
    return progress_of(response);
}
