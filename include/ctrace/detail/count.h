/* Counting and visiting macro arguments. Not for use by programs.
 *
 * The lists that the macros get are a head (a message or name) and up to 32 fields after it. */
#ifndef CTRACE_DETAIL_COUNT_H
#define CTRACE_DETAIL_COUNT_H

#define CTRACE_I_CAT(a, b)  CTRACE_I_CAT_(a, b)
#define CTRACE_I_CAT_(a, b) a##b

#define CTRACE_I_FIRST(...)                 CTRACE_I_FIRST_(__VA_ARGS__, ~)
#define CTRACE_I_FIRST_(first, ...)         first
#define CTRACE_I_SECOND(first, second, ...) second

/* How many fields follow the head: 0 to 32, or 33 for any more (up to 99). */
#define CTRACE_I_FIELD_COUNT(...)                                                                  \
    CTRACE_I_ARGUMENT_101(__VA_ARGS__, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, \
                          33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33,  \
                          33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33,  \
                          33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 33, 32, 31,  \
                          30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13,  \
                          12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, ~)
#define CTRACE_I_ARGUMENT_101(                                                                     \
    a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20,     \
    a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, \
    a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, \
    a59, a60, a61, a62, a63, a64, a65, a66, a67, a68, a69, a70, a71, a72, a73, a74, a75, a76, a77, \
    a78, a79, a80, a81, a82, a83, a84, a85, a86, a87, a88, a89, a90, a91, a92, a93, a94, a95, a96, \
    a97, a98, a99, a100, a101, ...)                                                                \
    a101

/* 1 when there is more than one argument (up to 40), else 0. */
#define CTRACE_I_SEVERAL(...)                                                                     \
    CTRACE_I_ARGUMENT_41(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, \
                         1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, ~)
#define CTRACE_I_ARGUMENT_41(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15,     \
                             a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, \
                             a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, ...)      \
    a41

/* 1 when the argument is a tuple of more than one element, else 0. */
#define CTRACE_I_IS_PAIR(field)  CTRACE_I_IS_PAIR_(CTRACE_I_PAIR_PROBE field, 0, ~)
#define CTRACE_I_IS_PAIR_(...)   CTRACE_I_SECOND(__VA_ARGS__, ~)
#define CTRACE_I_PAIR_PROBE(...) ~, CTRACE_I_SEVERAL(__VA_ARGS__)

/* 1 when the argument begins with a parenthesis, else 0: tells no field from one. */
#define CTRACE_I_IS_TUPLE(argument) CTRACE_I_IS_TUPLE_(CTRACE_I_TUPLE_PROBE argument, 0, ~)
#define CTRACE_I_IS_TUPLE_(...)     CTRACE_I_SECOND(__VA_ARGS__, ~)
#define CTRACE_I_TUPLE_PROBE(...)   ~, 1

/* Calls visit(field) for each of `count` fields behind the head. */
#define CTRACE_I_EACH(count, visit, ...) CTRACE_I_CAT(CTRACE_I_EACH_, count)(visit, __VA_ARGS__)
#define CTRACE_I_EACH_0(visit, head)
#define CTRACE_I_EACH_1(visit, head, field) visit(field)
#define CTRACE_I_EACH_2(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_1(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_3(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_2(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_4(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_3(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_5(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_4(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_6(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_5(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_7(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_6(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_8(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_7(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_9(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_8(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_10(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_9(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_11(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_10(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_12(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_11(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_13(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_12(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_14(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_13(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_15(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_14(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_16(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_15(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_17(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_16(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_18(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_17(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_19(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_18(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_20(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_19(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_21(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_20(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_22(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_21(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_23(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_22(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_24(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_23(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_25(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_24(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_26(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_25(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_27(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_26(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_28(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_27(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_29(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_28(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_30(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_29(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_31(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_30(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_32(visit, head, field, ...) \
    visit(field) CTRACE_I_EACH_31(visit, head, __VA_ARGS__)
#define CTRACE_I_EACH_33(visit, ...) /* too many: CTRACE_I_CHECK has said so */

#endif
