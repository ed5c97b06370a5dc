#include "compose/player_sites.h"

#include <string.h>

#include "base/memory.h"

enum { MOST_SITES = 1 << 20 };

/* ---- Numbers ---- */

static bool make_room(cti_played_sites *sites, uint32_t number) {
    if (number < sites->size) {
        return true;
    }
    const uint32_t size = (number + 32) * 2;
    cti_played_site *larger = cti_resize(sites->by_number, size * sizeof *larger);
    if (larger == NULL) {
        return false;
    }
    memset(larger + sites->size, 0, (size - sites->size) * sizeof *larger);
    sites->by_number = larger;
    sites->size = size;
    return true;
}

cti_played_site *cti_played_sites_find(const cti_played_sites *sites, uint32_t number) {
    return number < sites->size && sites->by_number[number].site != NULL ? &sites->by_number[number]
                                                                         : NULL;
}

void cti_played_sites_release(cti_played_sites *sites) {
    for (uint32_t i = 0; i < sites->size; i++) {
        cti_free(sites->by_number[i].format);
    }
    cti_free(sites->by_number);
}

const cti_printf *cti_played_format(cti_played_site *played) {
    if (!played->parsed) {
        played->parsed = true;
        cti_printf_parse(played->site->description.name, &played->format);
    }
    return played->format;
}

/* ---- Descriptions ---- */

/* A text, NUL-terminated, where it lies. NULL when it does not end. */
static const char *get_text(cti_get *get) {
    const char *text = (const char *)get->at;
    const unsigned char *end =
        get->at == get->end ? NULL : memchr(get->at, '\0', (size_t)(get->end - get->at));
    if (end == NULL) {
        return NULL;
    }
    get->at = end + 1;
    return text;
}

/* Fills in what follows the numbers. False when a text does not end. */
static bool get_texts(cti_get *get, ctrace_callsite *site, const char **keys) {
    const char **texts[] = {&site->name, &site->target, &site->file, &site->function};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = get_text(get);
        if (*texts[i] == NULL) {
            return false;
        }
    }
    for (uint32_t i = 0; i < site->field_count; i++) {
        keys[i] = get_text(get);
        if (keys[i] == NULL) {
            return false;
        }
    }
    site->field_names = keys;
    return true;
}

static bool get_numbers(cti_get *get, ctrace_callsite *ret_site) {
    uint64_t one, two;
    if (!cti_get_word(get, &one) || !cti_get_word(get, &two)) {
        return false;
    }
    ret_site->abi = CTRACE_I_ABI;
    ret_site->line = (uint32_t)one;
    ret_site->level = (uint8_t)(one >> 32);
    ret_site->kind = (uint8_t)(one >> 40);
    ret_site->field_count = (uint32_t)(one >> 48);
    ret_site->flags = (uint32_t)two & CTRACE_I_SITE_FORMAT;
    return ret_site->level >= CTRACE_LEVEL_TRACE && ret_site->level <= CTRACE_LEVEL_ERROR &&
           (ret_site->kind == CTRACE_KIND_EVENT || ret_site->kind == CTRACE_KIND_SPAN) &&
           ret_site->field_count <= CTI_RECORD_VALUES;
}

/* The library's own description: as if a module had come that has this callsite, and gone. */
static cti_site *make_known(ctrace_callsite *site) {
    ctrace_i_module module = {.abi = CTRACE_I_ABI, .begin = site, .end = site + 1};
    ctrace_i_module_begin(&module);
    cti_site *known = site->registered;
    ctrace_i_module_end(&module);
    return known;
}

const char *cti_played_sites_add(cti_played_sites *sites, uint32_t number, cti_get rest) {
    const char *keys[CTI_RECORD_VALUES];
    ctrace_callsite described = {0};
    if (number >= MOST_SITES || !get_numbers(&rest, &described) ||
        !get_texts(&rest, &described, keys)) {
        return "the callsite's description is damaged";
    }
    if (cti_played_sites_find(sites, number) != NULL) {
        return NULL;
    }
    cti_site *site = make_room(sites, number) ? make_known(&described) : NULL;
    if (site == NULL) {
        return "no memory for the callsite";
    }
    sites->by_number[number].site = site;
    return NULL;
}
