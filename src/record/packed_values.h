/* Packing values: see record/packed.h. */
#ifndef CTI_RECORD_PACKED_VALUES_H
#define CTI_RECORD_PACKED_VALUES_H

#include "base/buf.h"
#include "record/packed.h"

void cti_packed_put_varint(ctrace_buf *buf, uint64_t number);

/* Takes over the shape that the values need; false when the one that there is will do. */
bool cti_packed_change_shape(cti_packed_sort *sort, const ctrace_value *values, unsigned count);

/* Appends the values, of the sort's shape, and that before them if it has `changed`. */
void cti_packed_put_values(ctrace_buf *buf, cti_packed_sorts *sorts, const cti_packed_sort *sort,
                           const ctrace_value *values, bool changed);

#endif
