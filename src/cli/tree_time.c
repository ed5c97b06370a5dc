/* Times out of JSON. */
#include <string.h>

#include "cli/tree.h"

/* The number of `digits` digits at *at, which is moved behind them; false if they are none. */
static bool take_digits(const char **at, int digits, int64_t *ret_number) {
    int64_t number = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        number = number * 10 + (**at - '0');
    }
    *ret_number = number;
    return true;
}

static bool take_char(const char **at, const char *any) {
    const bool found = **at != '\0' && strchr(any, **at) != NULL;
    *at += found;
    return found;
}

/* Days since 1970-01-01, in the Gregorian calendar: years begin in March, so that the leap day is
 * their last. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t m = (month + 9) % 12;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
}

/* Up to nine digits behind a point, in nanoseconds; more are cut off. */
static int64_t take_fraction(const char **at) {
    int64_t unit = 100000000, ns = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10) {
        ns += (**at - '0') * unit;
    }
    return ns;
}

static bool take_offset(const char **at, int64_t *ret_s) {
    int64_t hours, minutes;
    if (take_char(at, "Zz")) {
        *ret_s = 0;
        return true;
    }
    const bool behind = **at == '-';
    if (!take_char(at, "+-") || !take_digits(at, 2, &hours) || !take_char(at, ":") ||
        !take_digits(at, 2, &minutes)) {
        return false;
    }
    *ret_s = (behind ? -60 : 60) * (hours * 60 + minutes);
    return true;
}

/* The text is NUL-terminated. */
static bool read_date(const char *at, uint64_t *ret_ns) {
    int64_t year, month, day, hour, minute, second, offset;
    if (!take_digits(&at, 4, &year) || !take_char(&at, "-") || !take_digits(&at, 2, &month) ||
        !take_char(&at, "-") || !take_digits(&at, 2, &day) || !take_char(&at, "Tt ") ||
        !take_digits(&at, 2, &hour) || !take_char(&at, ":") || !take_digits(&at, 2, &minute) ||
        !take_char(&at, ":") || !take_digits(&at, 2, &second)) {
        return false;
    }
    const int64_t ns = take_char(&at, ".") ? take_fraction(&at) : 0;
    if (month < 1 || month > 12 || year < 1970 || year > 2261 || !take_offset(&at, &offset) ||
        *at != '\0') {
        return false;
    }
    const int64_t s =
        days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    *ret_ns = s < 0 ? 0 : (uint64_t)s * 1000000000 + (uint64_t)ns;
    return true;
}

/* "12.345678": an uptime. */
static bool read_seconds(const char *at, uint64_t *ret_ns) {
    int64_t s = 0;
    for (; *at >= '0' && *at <= '9' && s < 1000000000; at++) {
        s = s * 10 + (*at - '0');
    }
    const int64_t ns = take_char(&at, ".") ? take_fraction(&at) : 0;
    *ret_ns = (uint64_t)s * 1000000000 + (uint64_t)ns;
    return *at == '\0';
}

bool tree_time(const json_doc *json, const json_node *node, uint64_t *ret_ns) {
    char text[48];
    if (node == NULL) {
        *ret_ns = 0; /* the order of the lines must do */
        return true;
    }
    if (node->size >= sizeof text || (node->kind != JSON_STRING && node->kind != JSON_NUMBER)) {
        return false;
    }
    memcpy(text, json->text + node->at, node->size);
    text[node->size] = '\0';
    return node->kind == JSON_STRING ? read_date(text, ret_ns) : read_seconds(text, ret_ns);
}
