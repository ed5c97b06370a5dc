#include "write/rotated.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

void cti_rotated_name(char out[CTI_ROTATED_NAME_MAX], const char *name, uint32_t number) {
    snprintf(out, CTI_ROTATED_NAME_MAX, "%s.%lu", name, (unsigned long)number);
}

bool cti_rotated_number(const char *entry, const char *name, uint32_t *ret_number) {
    const size_t size = strlen(name);
    if (strncmp(entry, name, size) != 0 || entry[size] != '.') {
        return false;
    }
    const char *digits = entry + size + 1;
    uint64_t number = 0;
    size_t count = 0;
    while (digits[count] >= '0' && digits[count] <= '9' && count < 10) {
        number = number * 10 + (uint64_t)(digits[count++] - '0');
    }
    if (count == 0 || digits[count] != '\0' || (digits[0] == '0' && count > 1) ||
        number >= UINT32_MAX) {
        return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}

static bool add(cti_rotated_list *list, cti_rotated file) {
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        cti_rotated *files = cti_resize(list->files, capacity * sizeof *files);
        if (files == NULL) {
            errno = ENOMEM;
            return false;
        }
        list->files = files;
        list->capacity = capacity;
    }
    list->files[list->count++] = file;
    return true;
}

/* Adds the entry if it belongs to the series and is a file. */
static bool look_at(cti_rotated_list *list, int folder, const char *entry, const char *name) {
    cti_rotated file = {0};
    struct stat about;
    if (!cti_rotated_number(entry, name, &file.number) ||
        fstatat(folder, entry, &about, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(about.st_mode)) {
        return true;
    }
    file.size = about.st_size > 0 ? (uint64_t)about.st_size : 0;
    return add(list, file);
}

static int by_number(const void *one, const void *other) {
    const cti_rotated *a = one;
    const cti_rotated *b = other;
    return a->number < b->number ? -1 : a->number > b->number;
}

static DIR *open_folder(int folder) {
    const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *open = again < 0 ? NULL : fdopendir(again);
    if (open == NULL && again >= 0) {
        close(again);
    }
    return open;
}

bool cti_rotated_find(cti_rotated_list *ret_list, int folder, const char *name) {
    DIR *open = open_folder(folder);
    if (open == NULL) {
        return false;
    }
    cti_rotated_list list = {0};
    bool works = true;
    const struct dirent *entry = readdir(open);
    while (works && entry != NULL) {
        works = look_at(&list, folder, entry->d_name, name);
        entry = readdir(open);
    }
    closedir(open);
    if (!works) {
        cti_rotated_release(&list);
        return false;
    }
    if (list.count != 0) {
        qsort(list.files, list.count, sizeof *list.files, by_number);
    }
    *ret_list = list;
    return true;
}

void cti_rotated_release(cti_rotated_list *list) {
    cti_free(list->files);
    *list = (cti_rotated_list){0};
}
