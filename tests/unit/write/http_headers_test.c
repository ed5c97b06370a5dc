#include "support/test.h"

#include <string.h>

#include "ctrace/trace.h"
#include "write/http_headers.h"

static void expect(const char *list, const char *lines) {
    ctrace_buf out = CTI_BUF_INIT;
    assert_int_equal(cti_http_headers_parse(list, &out), CTRACE_OK);
    assert_int_equal(out.size, strlen(lines));
    assert_memory_equal(out.size == 0 ? "" : out.bytes, lines, out.size);
    cti_buf_release(&out);
}

static void lists_become_lines(void **state) {
    (void)state;
    expect(NULL, "");
    expect("", "");
    expect(" , ,", "");
    expect("api-key=abc", "api-key: abc\r\n");
    expect(" a = b , c=d ,", "a: b\r\nc: d\r\n");
    expect("authorization=Basic%20dTpw%3D%3d,x=", "authorization: Basic dTpw==\r\nx: \r\n");
    expect("a=b=c", "a: b=c\r\n");
    expect("x=%2C%2c", "x: ,,\r\n");
}

static void refuse(const char *list, const char *why) {
    ctrace_buf out = CTI_BUF_INIT;
    assert_int_equal(cti_http_headers_parse(list, &out), CTRACE_EINVAL);
    assert_non_null(strstr(ctrace_last_error(), why));
    assert_null(strstr(ctrace_last_error(), "secret"));
    cti_buf_release(&out);
}

static void what_would_break_requests_is_refused(void **state) {
    (void)state;
    refuse("secret", "name=value");
    refuse("=secret", "no name");
    refuse("a b=secret", "no name");
    refuse("a:=secret", "no name");
    refuse("a=secret%0d%0aEvil:%201", "control characters");
    refuse("a=secret%00", "control characters");
    refuse("a=secret\nx", "control characters");
    refuse("a=secret%", "two digits");
    refuse("a=secret%2", "two digits");
    refuse("a=secret%zz", "two digits");
    refuse("ok=1,Content-LENGTH=secret", "itself");
    refuse("host=secret", "itself");
    refuse("transfer-encoding=secret", "itself");
}

RUN(TEST(lists_become_lines), TEST(what_would_break_requests_is_refused))
