#include "record/content.h"

#include <string.h>

#include "core/value.h"
#include "record/printf.h"

static void use_fields(cti_content *content, const ctrace_event *event) {
    const uint32_t declared = event->site->description.field_count;
    content->values = event->fields.values;
    content->count = event->fields.count;
    content->missing = declared > content->count ? declared - content->count : 0;
}

static void use_text(cti_content *content, const ctrace_event *event) {
    size_t size;
    const char *message = ctrace_event_message(event, &size);
    content->kind = CTI_RECORD_EVENT_TEXT;
    content->has_text = true;
    content->text = ctrace_i_box_strn(message, size);
}

void cti_content_of(const ctrace_event *event, ctrace_value own[CTI_RECORD_VALUES],
                    cti_content *ret_content) {
    const cti_printf *parsed = cti_load_acquire(&event->site->format);
    ret_content->kind = CTI_RECORD_EVENT;
    ret_content->has_text = false;
    ret_content->missing = 0;
    if (event->message == event->site->description.name) {
        use_fields(ret_content, event);
    } else if (event->message == NULL && parsed != NULL) {
        ret_content->kind = CTI_RECORD_EVENT_FORMAT;
        ret_content->values = own;
        ret_content->count =
            cti_printf_collect(parsed, event->site->description.name, event->arguments->list, own);
    } else {
        use_text(ret_content, event);
        use_fields(ret_content, event);
    }
}

bool cti_content_has_lazy(const cti_content *content) {
    for (uint32_t i = 0; i < content->count; i++) {
        if (content->values[i].kind == CTRACE_VALUE_LAZY) {
            return true;
        }
    }
    return false;
}

bool cti_content_settle(cti_content *content, ctrace_value own[CTI_RECORD_VALUES],
                        ctrace_buf *texts) {
    size_t bytes;
    if (content->count > CTI_RECORD_VALUES) {
        return false;
    }
    if (content->count != 0) { /* without any, `values` may be NULL */
        memcpy(own, content->values, content->count * sizeof own[0]);
    }
    content->values = own;
    return cti_values_settle(own, content->count, texts, &bytes);
}

size_t cti_content_size(const cti_content *content) {
    const size_t text = content->has_text ? cti_put_size(0, &content->text, 1) : 0;
    return cti_put_size(CTI_RECORD_HEADER + text + content->missing, content->values,
                        content->count);
}

/* Room for what does not depend on strings' sizes, behind the text. */
static bool has_room(const cti_put *put, const cti_content *content) {
    return (size_t)(put->limit - put->at) >= cti_put_fixed(content->count) + content->missing;
}

bool cti_put_content(cti_put *put, const cti_content *content) {
    if ((content->has_text && !cti_put_value(put, &content->text)) || !has_room(put, content)) {
        return false;
    }
    put->limit -= content->missing;
    if (!cti_put_values(put, content->values, content->count)) {
        return false;
    }
    memset(put->at, CTRACE_VALUE_EMPTY, content->missing);
    put->at += content->missing;
    return true;
}
