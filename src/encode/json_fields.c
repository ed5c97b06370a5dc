#include "encode/json_fields.h"

#include "encode/field.h"
#include "encode/json_value.h"

static void put_errno_text(ctrace_buf *buf, const ctrace_value *value) {
    cti_buf_char(buf, '"');
    cti_put_errno_text(buf, value->as.i64);
    cti_buf_char(buf, '"');
}

/* ---- Prepared ---- */

/* Appends ,"key": with something behind the key: the piece ends in ": and is opened again. */
static void put_suffixed(ctrace_buf *buf, const cti_pieces *pieces, size_t piece,
                         const char *suffix) {
    cti_buf_put(buf, cti_piece(pieces, piece), cti_piece_size(pieces, piece) - 2);
    cti_buf_put(buf, suffix, strlen(suffix));
    cti_buf_literal(buf, "\":");
}

static void put_rare(ctrace_buf *buf, ctrace_value *value, const cti_pieces *pieces, size_t piece,
                     cti_json_object object) {
    const char *suffix = cti_json_suffix(value, object);
    put_suffixed(buf, pieces, piece, suffix);
    cti_json_put_value(buf, value, object);
    if (value->kind == CTRACE_VALUE_ERRNO) {
        put_suffixed(buf, pieces, piece, "_text");
        put_errno_text(buf, value);
    }
}

void cti_json_put_prepared(ctrace_buf *buf, const ctrace_fields *fields, const cti_pieces *pieces,
                           cti_json_object object) {
    ctrace_value *values = cti_fields_values(fields);
    for (uint32_t i = 0; i < fields->count; i++) {
        const size_t piece = CTI_JSON_KEYS + i;
        if (cti_is_string_field(&values[i])) {
            cti_put_string_field(buf, pieces, piece, &values[i]);
        } else if (values[i].kind == CTRACE_VALUE_NS || values[i].kind == CTRACE_VALUE_ERRNO) {
            put_rare(buf, &values[i], pieces, piece, object);
        } else if (!cti_value_is_absent(&values[i]) &&
                   !cti_put_number_field(buf, pieces, piece, &values[i], cti_json_put_short)) {
            cti_json_put_long(buf, &values[i]);
        }
    }
}

/* ---- Checked ---- */

typedef struct field_lists {
    const ctrace_fields *own, *common;
    ctrace_value *own_values, *common_values;
    cti_json_object object;
} field_lists;

/* One key with its value. Each field has two places, for itself and for the text of an error
 * number. */
typedef struct member {
    cti_json_key key;
    ctrace_value *value;
    bool is_text;
} member;

static size_t count_places(const field_lists *lists) {
    return 2 * ((size_t)lists->own->count + lists->common->count);
}

/* The member at a place; false when there is none. */
static bool member_at(const field_lists *lists, size_t place, member *ret_member) {
    const size_t i = place / 2;
    const bool own = i < lists->own->count;
    const size_t at = own ? i : i - lists->own->count;
    const char *name = own ? lists->own->keys[at] : lists->common->keys[at];
    ctrace_value *value = own ? &lists->own_values[at] : &lists->common_values[at];
    const bool is_text = place % 2 != 0;
    if (cti_value_is_absent(value) || (is_text && value->kind != CTRACE_VALUE_ERRNO) ||
        (!is_text && lists->object == CTI_JSON_NESTED_SPAN && strcmp(name, "name") == 0)) {
        return false;
    }
    const char *suffix = is_text ? "_text" : cti_json_suffix(value, lists->object);
    ret_member->key = cti_json_key_of(lists->object, name, suffix);
    ret_member->value = value;
    ret_member->is_text = is_text;
    return true;
}

/* Whether the member at `other` would win over the one at `place`: the last one does, but common
 * ones never over the event's own. */
static bool outranks(const field_lists *lists, size_t other, size_t place) {
    const bool other_is_own = other / 2 < lists->own->count;
    const bool is_own = place / 2 < lists->own->count;
    return other_is_own == is_own ? other > place : other_is_own;
}

static bool is_beaten(const field_lists *lists, const member *one, size_t place) {
    member other;
    for (size_t i = 0; i < count_places(lists); i++) {
        if (outranks(lists, i, place) && member_at(lists, i, &other) &&
            cti_json_keys_are_same(&one->key, &other.key)) {
            return true;
        }
    }
    return false;
}

static void put_members(ctrace_buf *buf, const field_lists *lists) {
    member one;
    for (size_t place = 0; place < count_places(lists); place++) {
        if (!member_at(lists, place, &one) || is_beaten(lists, &one, place)) {
            continue;
        }
        cti_json_put_key(buf, &one.key);
        if (one.is_text) {
            put_errno_text(buf, one.value);
        } else {
            cti_json_put_value(buf, one.value, lists->object);
        }
    }
}

void cti_json_put_checked(ctrace_buf *buf, const ctrace_fields *fields, const ctrace_fields *common,
                          cti_json_object object) {
    static const ctrace_fields none;
    const ctrace_fields *second = common == NULL ? &none : common;
    const field_lists lists = {
        .own = fields,
        .common = second,
        .own_values = cti_fields_values(fields),
        .common_values = cti_fields_values(second),
        .object = object,
    };
    put_members(buf, &lists);
}
