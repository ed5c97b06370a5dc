#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "encode/proto.h"

static void assert_bytes(ctrace_buf *buf, const char *expected, size_t size) {
    assert_false(buf->failed);
    assert_int_equal(buf->size, size);
    assert_memory_equal(buf->bytes, expected, size);
    cti_buf_release(buf);
}

#define assert_written(buf, literal) assert_bytes(buf, literal, sizeof(literal) - 1)

static void numbers(void **state) {
    (void)state;
    ctrace_buf buf = CTI_BUF_INIT;
    cti_proto_varint(&buf, 1, 0);
    cti_proto_varint(&buf, 1, 127);
    cti_proto_varint(&buf, 1, 300);
    cti_proto_varint(&buf, 16, UINT64_MAX);
    assert_written(&buf, "\x08\x00\x08\x7f\x08\xac\x02\x80\x01"
                         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    cti_proto_fixed32(&buf, 2, 0x01020304);
    cti_proto_fixed64(&buf, 3, 0x0102030405060708);
    cti_proto_double(&buf, 4, 1.0);
    assert_written(&buf, "\x15\x04\x03\x02\x01\x19\x08\x07\x06\x05\x04\x03\x02\x01"
                         "\x21\x00\x00\x00\x00\x00\x00\xf0\x3f");
}

static void broken_text_is_replaced(void **state) {
    (void)state;
    ctrace_buf buf = CTI_BUF_INIT;
    cti_proto_text(&buf, 1, "", 0);
    cti_proto_text(&buf, 1, "a\xc3\xa4", 3);
    cti_proto_text(&buf, 1, "\xff\xe2\x82z", 4);
    assert_written(&buf, "\x0a\x00\x0a\x03"
                         "a\xc3\xa4\x0a\x07\xef\xbf\xbd\xef\xbf\xbdz");
}

/* Around the sizes whose length takes one byte more. */
static void messages_of_every_size(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 125, 126, 127, 128, 16380, 16381, 16382, 16383, 16384};
    static char filler[16384];
    memset(filler, 'x', sizeof filler);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ctrace_buf inside = CTI_BUF_INIT;
        ctrace_buf expected = CTI_BUF_INIT;
        ctrace_buf buf = CTI_BUF_INIT;
        cti_proto_bytes(&inside, 2, filler, sizes[i]);
        cti_proto_bytes(&expected, 1, inside.bytes, inside.size);
        const size_t begun = cti_proto_begin(&buf, 1);
        cti_proto_bytes(&buf, 2, filler, sizes[i]);
        cti_proto_end(&buf, begun);
        assert_bytes(&buf, expected.bytes, expected.size);
        cti_buf_release(&inside);
        cti_buf_release(&expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(broken_text_is_replaced),
        cmocka_unit_test(messages_of_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
