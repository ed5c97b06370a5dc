#include "support/test.h"

#include <string.h>

#include "write/http_url.h"

static void expect(const char *text, const char *host, const char *port, const char *authority,
                   const char *path, const char *query) {
    cti_http_url url;
    assert_int_equal(cti_http_url_parse(text, &url), CTRACE_OK);
    assert_string_equal(url.host, host);
    assert_string_equal(url.port, port);
    assert_int_equal(url.authority.size, strlen(authority));
    assert_memory_equal(url.authority.at, authority, url.authority.size);
    assert_int_equal(url.path.size, strlen(path));
    assert_memory_equal(url.path.at, path, url.path.size);
    assert_int_equal(url.query.size, strlen(query));
    assert_memory_equal(url.query.at, query, url.query.size);
}

static void urls_fall_into_their_parts(void **state) {
    (void)state;
    expect("http://localhost", "localhost", "80", "localhost", "", "");
    expect("HTTP://localhost:4318/", "localhost", "4318", "localhost:4318", "/", "");
    expect("http://a.b:/v1/traces?x=1#y", "a.b", "80", "a.b:", "/v1/traces", "?x=1");
    expect("http://127.0.0.1:65535?q=/", "127.0.0.1", "65535", "127.0.0.1:65535", "", "?q=/");
    expect("http://[::1]:4318/x", "::1", "4318", "[::1]:4318", "/x", "");
    expect("http://[::1]", "::1", "80", "[::1]", "", "");
    expect("http://[fe80::1%25eth0]/", "fe80::1%eth0", "80", "[fe80::1%25eth0]", "/", "");
    expect("http://x:00080", "x", "80", "x:00080", "", "");
    expect("http://x/a@b", "x", "80", "x", "/a@b", "");
}

static void refuse(const char *text, ctrace_status status, const char *why) {
    cti_http_url url = {.host = "untouched"};
    assert_int_equal(cti_http_url_parse(text, &url), status);
    assert_non_null(strstr(ctrace_last_error(), why));
    assert_string_equal(url.host, "untouched");
}

static void others_are_refused_in_words(void **state) {
    (void)state;
    refuse("https://x", CTRACE_ENOTSUP, "collector");
    refuse("HTTPS://x", CTRACE_ENOTSUP, "TLS");
    refuse("", CTRACE_EINVAL, "does not begin with http://");
    refuse("ftp://x", CTRACE_EINVAL, "does not begin with http://");
    refuse("localhost:4318", CTRACE_EINVAL, "does not begin with http://");
    refuse("http://", CTRACE_EINVAL, "names no host");
    refuse("http://:80", CTRACE_EINVAL, "names no host");
    refuse("http://[]", CTRACE_EINVAL, "names no host");
    refuse("http://[::1", CTRACE_EINVAL, "lacks a ]");
    refuse("http://[::1]x", CTRACE_EINVAL, "between ]");
    refuse("http://x:0", CTRACE_EINVAL, "port");
    refuse("http://x:65536", CTRACE_EINVAL, "port");
    refuse("http://x:99999999999999999999999", CTRACE_EINVAL, "port");
    refuse("http://x:8o", CTRACE_EINVAL, "port");
    refuse("http://me:secret@x", CTRACE_EINVAL, "user or password");
    refuse("http://x/a b", CTRACE_EINVAL, "percent-encoded");
    refuse("http://x/\r\nEvil: 1", CTRACE_EINVAL, "percent-encoded");
    refuse("http://x/\xc3\xa9", CTRACE_EINVAL, "percent-encoded");
}

static void hosts_are_bounded(void **state) {
    (void)state;
    char text[7 + 256 + 1] = "http://";
    memset(text + 7, 'x', 256);
    refuse(text, CTRACE_EINVAL, "too long");
    text[7 + 255] = '\0';
    cti_http_url url;
    assert_int_equal(cti_http_url_parse(text, &url), CTRACE_OK);
    assert_int_equal(strlen(url.host), 255);
}

RUN(TEST(urls_fall_into_their_parts), TEST(others_are_refused_in_words), TEST(hosts_are_bounded))
