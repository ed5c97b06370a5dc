/* cmocka, with what it wants to be included before it. */
#ifndef CTRACE_TESTS_TEST_H
#define CTRACE_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RUN(...)                                          \
    int main(void) {                                      \
        const struct CMUnitTest tests[] = {__VA_ARGS__};  \
        return cmocka_run_group_tests(tests, NULL, NULL); \
    }
#define TEST(function) cmocka_unit_test(function)

#endif
