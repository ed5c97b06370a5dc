#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "filter/parse.h"

/* C libraries unroll repetitions when they compile: "((a{99}){99}){99}" would take all memory. So
 * we estimate what an expression unrolls to, and refuse those that nobody writes by hand. */
enum { MAX_STATES = 10000, MAX_DEPTH = 32 };

typedef struct estimate {
    const char *at;
    int depth;
} estimate;

static size_t clamp(size_t states) {
    return states < MAX_STATES ? states : MAX_STATES + 1;
}

/* Skips "[…]"; a ']' that comes first belongs to it, and so does one in "[:alpha:]". */
static void skip_set(estimate *regex) {
    regex->at += regex->at[1] == '^' ? 2 : 1;
    regex->at += *regex->at == ']' ? 1 : 0;
    while (*regex->at != '\0' && *regex->at != ']') {
        const char kind = regex->at[0] == '[' ? regex->at[1] : '\0';
        const char end[] = {kind, ']', '\0'};
        const char *close =
            kind != '\0' && strchr(":.=", kind) != NULL ? strstr(regex->at + 2, end) : NULL;
        regex->at = close != NULL ? close + 2 : regex->at + 1;
    }
    regex->at += *regex->at == ']' ? 1 : 0;
}

/* How often "{m,n}" unrolls what is before it. */
static size_t read_bounds(estimate *regex) {
    size_t largest = 1;
    for (regex->at++; *regex->at != '\0' && *regex->at != '}';) {
        char *end;
        const unsigned long count = strtoul(regex->at, &end, 10);
        largest = count > largest ? count : largest;
        regex->at = end == regex->at ? end + 1 : end;
    }
    regex->at += *regex->at == '}' ? 1 : 0;
    return largest;
}

/* All that repeats the last atom. */
static size_t read_repetitions(estimate *regex) {
    size_t times = 1;
    for (;; times = clamp(times)) {
        switch (*regex->at) {
        case '+':
            times *= 2; /* x+ becomes xx* */
            regex->at++;
            break;
        case '*':
        case '?':
            regex->at++;
            break;
        case '{':
            times *= clamp(read_bounds(regex));
            break;
        default:
            return times;
        }
    }
}

static size_t read_group(estimate *regex);

static size_t read_atom(estimate *regex) {
    switch (*regex->at) {
    case '(':
        regex->at++;
        return 1 + read_group(regex);
    case '[':
        skip_set(regex);
        return 1;
    case '\\':
        regex->at += regex->at[1] != '\0' ? 2 : 1;
        return 1;
    default:
        regex->at++;
        return 1;
    }
}

/* The states of what stands up to the ')' that ends this group, or the end. */
static size_t read_group(estimate *regex) {
    size_t states = 0;
    if (++regex->depth > MAX_DEPTH) {
        return MAX_STATES + 1;
    }
    while (*regex->at != '\0' && *regex->at != ')') {
        const size_t atom = clamp(read_atom(regex));
        states = clamp(states + clamp(atom * read_repetitions(regex)));
    }
    regex->at += *regex->at == ')' ? 1 : 0;
    regex->depth--;
    return states;
}

static bool is_small_enough(const char *text) {
    estimate regex = {text, 0};
    size_t states = 0;
    while (*regex.at != '\0') { /* more than once if a ')' stands alone */
        states = clamp(states + read_group(&regex));
        if (states > MAX_STATES) {
            return false;
        }
    }
    return true;
}

bool cti_parse_regex(cti_scan *scan, size_t at, const char *text, regex_t **ret_regex) {
    if (!is_small_enough(text)) {
        return cti_scan_expected(scan, at, "a smaller regular expression");
    }
    regex_t *regex = cti_alloc(sizeof *regex);
    if (regex == NULL) {
        return cti_scan_no_memory(scan);
    }
    const int failure = regcomp(regex, text, REG_EXTENDED);
    if (failure != 0) {
        cti_free(regex);
        return failure == REG_ESPACE
                   ? cti_scan_no_memory(scan)
                   : cti_scan_expected(scan, at, "a POSIX extended regular expression");
    }
    *ret_regex = regex;
    return true;
}
