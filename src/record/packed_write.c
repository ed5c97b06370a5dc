/* Packing a recording: see record/packed.h. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "record/packed_values.h"

enum { CALLSITES_MOST = 1 << 20, PAGE = 4096 };

#define NO_BASE UINT64_MAX

typedef struct packer {
    cti_view *view;
    bool (*write)(void *argument, const void *bytes, size_t size);
    void *argument;
    uint8_t *field_counts; /* of callsites, 255: unknown */
    size_t callsites;
    cti_packed_sorts sorts;
    ctrace_buf block; /* its header and packed lanes */
    unsigned char *segment;
    size_t segment_size; /* in whole pages */
} packer;

/* ---- Records ---- */

static cti_packed_sort *sort_of(cti_packed_sorts *sorts, uint32_t kind, uint32_t subject,
                                size_t *ret_number) {
    for (size_t i = 0; i < sorts->count; i++) {
        if (sorts->sorts[i].kind == kind && sorts->sorts[i].subject == subject) {
            *ret_number = i + 1;
            return &sorts->sorts[i];
        }
    }
    *ret_number = 0;
    if (sorts->count == CTI_PACKED_SORTS) {
        sorts->count = 0; /* begin again: who unpacks does so, too */
    }
    cti_packed_sort *sort = &sorts->sorts[sorts->count++];
    *sort = (cti_packed_sort){.kind = kind, .subject = subject};
    return sort;
}

/* Its values; how many, or -1 when they are not to be had. */
static int read_values(const packer *p, const cti_record_head *head, cti_get rest,
                       ctrace_value *values) {
    const int words = cti_packed_words(head->kind);
    const unsigned known = head->subject < p->callsites ? p->field_counts[head->subject] : 255;
    const unsigned count = known + (head->kind == CTI_RECORD_EVENT_TEXT);
    if (words < 0 || count > CTI_RECORD_VALUES || rest.end - rest.at < 8 * words) {
        return -1;
    }
    rest.at += 8 * words;
    return cti_get_values(&rest, values, count) ? (int)count : -1;
}

static void put_record(packer *p, const cti_record_head *head, const cti_get *rest,
                       uint64_t since) {
    ctrace_value values[CTI_RECORD_VALUES];
    ctrace_buf *buf = &p->block;
    const int count = read_values(p, head, *rest, values);
    const uint32_t kind = head->kind | (count < 0 ? 0 : (unsigned)CTI_PACKED_VALUES);
    size_t number;
    cti_packed_sort *sort = sort_of(&p->sorts, kind, head->subject, &number);
    const bool changed = count >= 0 && cti_packed_change_shape(sort, values, (unsigned)count);
    cti_packed_put_varint(buf, 2 * number + changed);
    if (number == 0) {
        cti_packed_put_varint(buf, kind);
        cti_packed_put_varint(buf, head->subject);
    }
    cti_packed_put_varint(buf, since);
    if (count < 0) {
        cti_packed_put_varint(buf, (uint64_t)(rest->end - rest->at));
        cti_buf_put(buf, (const char *)rest->at, (size_t)(rest->end - rest->at));
    } else {
        cti_buf_put(buf, (const char *)rest->at, 8 * (size_t)cti_packed_words(head->kind));
        cti_packed_put_values(buf, &p->sorts, sort, values, changed);
    }
}

/* ---- Blocks ---- */

/* What the ticks that follow are by the clock. */
static void put_time(packer *p, const cti_cursor *cursor, uint64_t since) {
    unsigned char sample[CTI_FILE_SAMPLE];
    const cti_record_head head = {.kind = CTI_RECORD_TIME};
    const cti_get rest = {sample, sample + sizeof sample};
    cti_word_put64(sample, cursor->sample.ticks);
    cti_word_put64(sample + 8, cursor->sample.ns);
    put_record(p, &head, &rest, since);
}

/* Times are as the file has them, by which all lanes are merged. */
static void put_lane(packer *p, const cti_segment *segment, unsigned lane) {
    cti_cursor cursor = {.owner = segment->owner, .lane = lane, .serial = segment->serial};
    cti_record_head head;
    cti_get rest;
    uint64_t offset, last = 0, base = NO_BASE;
    while (cti_view_peek(p->view, &cursor, &head, &rest, &offset) &&
           cursor.serial == segment->serial) {
        if (p->view->in_ticks && cursor.base != base) {
            base = cursor.base;
            put_time(p, &cursor, base - last);
            last = base;
        }
        put_record(p, &head, &rest, cursor.time - last);
        last = cursor.time;
        cti_cursor_pass(&cursor, &head);
    }
    cti_cursor_release(&cursor);
}

static void write_block_header(unsigned char *block, const cti_segment *segment, size_t side,
                               size_t size, size_t own) {
    const size_t padded = cti_record_padded(size);
    cti_word_put32(block, CTI_PACKED_MARK);
    cti_word_put32(block + 8, (uint32_t)size);
    cti_word_put32(block + 12, cti_file_header_sum(block + CTI_PACKED_BLOCK, padded));
    cti_word_put64(block + 16, segment->serial);
    cti_word_put64(block + 24, segment->owner);
    cti_word_put32(block + 32, (uint32_t)cti_record_padded(side));
    cti_word_put32(block + 36, (uint32_t)own);
    cti_word_put32(block + 4, cti_file_header_sum(block + 8, CTI_PACKED_BLOCK - 8));
}

/* Unpacks it at once: what was packed must come out again. */
static bool check_block(packer *p, size_t size) {
    const unsigned char *block = (const unsigned char *)p->block.bytes;
    memset(p->segment, 0, p->segment_size);
    if (cti_unpack_block(block, block + CTI_PACKED_BLOCK, size, p->segment, p->segment_size,
                         &p->sorts) != NULL) {
        errno = ERANGE;
        return false;
    }
    return true;
}

static bool put_block(packer *p, const cti_segment *segment) {
    static const char zeros[CTI_PACKED_BLOCK];
    p->block.size = 0;
    cti_packed_forget(&p->sorts);
    cti_buf_put(&p->block, zeros, CTI_PACKED_BLOCK);
    put_lane(p, segment, CTI_FILE_OWN);
    const size_t own = p->block.size - CTI_PACKED_BLOCK;
    put_lane(p, segment, CTI_FILE_SIDE);
    const size_t size = p->block.size - CTI_PACKED_BLOCK;
    cti_buf_put(&p->block, zeros, cti_record_padded(size) - size);
    if (p->block.failed) {
        errno = ENOMEM;
        return false;
    }
    write_block_header((unsigned char *)p->block.bytes, segment, segment->side, size, own);
    return check_block(p, size) && p->write(p->argument, p->block.bytes, p->block.size);
}

/* ---- The file ---- */

static void note_callsite(packer *p, const cti_record_head *head, const cti_get *rest) {
    enum { FIELDS_AT = 6 };
    if (head->kind == CTI_RECORD_CALLSITE && head->subject < CALLSITES_MOST &&
        rest->end - rest->at >= FIELDS_AT + 2) {
        const unsigned count = rest->at[FIELDS_AT] | (unsigned)rest->at[FIELDS_AT + 1] << 8;
        p->field_counts[head->subject] = (uint8_t)(count < 255 ? count : 255);
    }
}

static bool read_callsites(packer *p) {
    p->field_counts = cti_alloc(CALLSITES_MOST);
    if (p->field_counts == NULL) {
        errno = ENOMEM;
        return false;
    }
    p->callsites = CALLSITES_MOST;
    memset(p->field_counts, 255, CALLSITES_MOST);
    for (unsigned lane = 0; lane < CTI_FILE_LANES; lane++) {
        cti_cursor cursor = {.owner = CTI_FILE_CALLSITES, .lane = lane};
        cti_record_head head;
        cti_get rest;
        uint64_t offset;
        while (cti_view_peek(p->view, &cursor, &head, &rest, &offset)) {
            note_callsite(p, &head, &rest);
            cti_cursor_pass(&cursor, &head);
        }
        cti_cursor_release(&cursor);
    }
    return true;
}

static bool write_header(const packer *p) {
    unsigned char header[CTI_PACKED_HEADER] = {0};
    memcpy(header, CTI_PACKED_MAGIC, 8);
    cti_word_put32(header + 8, CTI_PACKED_VERSION);
    cti_word_put64(header + 16, p->segment_size);
    cti_word_put64(header + 24, p->view->count);
    cti_word_put64(header + 32, p->view->process_id);
    cti_word_put64(header + 40, (p->view->ended ? CTI_PACKED_ENDED : 0u) |
                                    (p->view->in_ticks ? CTI_PACKED_TICKS : 0u));
    cti_word_put64(header + 48, p->view->first.ticks);
    cti_word_put64(header + 56, p->view->first.ns);
    cti_word_put64(header + 64, p->view->last.ticks);
    cti_word_put64(header + 72, p->view->last.ns);
    cti_word_put32(header + 12, cti_file_header_sum(header + 16, CTI_PACKED_HEADER - 16));
    return p->write(p->argument, header, sizeof header);
}

static bool begin(packer *p) {
    p->segment_size = (p->view->segment_size + PAGE - 1) & ~(size_t)(PAGE - 1);
    p->segment = cti_alloc(p->segment_size);
    p->sorts.sorts = cti_alloc(CTI_PACKED_SORTS * sizeof(cti_packed_sort));
    if (p->segment == NULL || p->sorts.sorts == NULL) {
        errno = ENOMEM;
        return false;
    }
    return read_callsites(p);
}

bool cti_pack(cti_view *view, bool (*write)(void *argument, const void *bytes, size_t size),
              void *argument) {
    packer p = {.view = view, .write = write, .argument = argument, .block = CTI_BUF_INIT};
    bool good = begin(&p) && write_header(&p);
    for (size_t i = 0; i < view->count && good; i++) {
        good = put_block(&p, &view->segments[i]);
    }
    cti_free(p.field_counts);
    cti_free(p.segment);
    cti_free(p.sorts.sorts);
    cti_buf_release(&p.block);
    return good;
}
