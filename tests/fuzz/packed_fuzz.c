/* Packed blocks made of any bytes: unpacked into a segment, never trusted. The sums are not looked
 * at, so that what is behind them is reached. The first byte says how much is the thread's own
 * lane. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/packed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static _Alignas(8) unsigned char segment[SEGMENT];
    static cti_packed_sort sorts[CTI_PACKED_SORTS];
    unsigned char block[CTI_PACKED_BLOCK] = {0};
    cti_packed_sorts known = {.sorts = sorts};
    if (size == 0) {
        return 0;
    }
    cti_word_put64(block + 16, 1);
    cti_word_put64(block + 24, 1);
    cti_word_put32(block + 32, SEGMENT / 2);
    cti_word_put32(block + 36, (uint32_t)((size - 1) * data[0] / 255));
    memset(segment, 0, sizeof segment);
    cti_unpack_block(block, data + 1, size - 1, segment, SEGMENT, &known);
    return 0;
}
