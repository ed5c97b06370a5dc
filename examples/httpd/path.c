#include "path.h"

#include <string.h>

static int digit(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c == '\0' ? NULL : strchr(digits, c);
    return found == NULL ? -1 : (int)((found - digits) % 16);
}

/* One character, "%2f" too: how many bytes it takes; 0 when it is malformed. */
static size_t decode_one(const char *from, size_t size, char *ret_character) {
    if (*from != '%') {
        *ret_character = *from;
        return 1;
    }
    const int high = size < 3 ? -1 : digit(from[1]);
    const int low = high < 0 ? -1 : digit(from[2]);
    *ret_character = (char)(high * 16 + low);
    return low < 0 || *ret_character == '\0' ? 0 : 3;
}

/* Whether ".." leads above where the path begins, at whichever point. */
static bool leads_outside(const char *path) {
    int depth = 0;
    while (depth >= 0 && *path != '\0') {
        path += strspn(path, "/");
        const size_t length = strcspn(path, "/");
        if (length == 2 && strncmp(path, "..", 2) == 0) {
            depth--;
        } else if (length > 1 || (length == 1 && *path != '.')) {
            depth++;
        }
        path += length;
    }
    return depth < 0;
}

int path_decode(const char *encoded, size_t size, char *ret_path, size_t room) {
    size_t at = 0;
    ret_path[at++] = '.';
    for (size_t taken; size > 0; encoded += taken, size -= taken) {
        if (at + 1 >= room) {
            return 404;
        }
        taken = decode_one(encoded, size, &ret_path[at++]);
        if (taken == 0) {
            return 400;
        }
    }
    ret_path[at] = '\0';
    return leads_outside(ret_path) ? 403 : 0;
}

bool path_is_below(const char *path, const char *folder) {
    const size_t size = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}
