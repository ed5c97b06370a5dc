#include "core/site.h"

#include <string.h>

#include "base/atomic.h"
#include "base/memory.h"
#include "core/registry.h"
#include "core/stats.h"
#include "core/tree.h"

/* A hash table that only grows by sites: their number is that of the program's callsites. */
enum { BUCKETS = 1024 };
static cti_site *buckets[BUCKETS];
static cti_site *first, *last;
static uint32_t count;

static ctrace_i_module *modules;

cti_site *cti_site_first(void) {
    return cti_load_acquire(&first);
}

cti_site *cti_site_next(const cti_site *site) {
    return cti_load_acquire(&site->next_by_id);
}

uint32_t cti_site_count(void) {
    return count;
}

static uint32_t hash_text(uint32_t hash, const char *text) {
    for (; text != NULL && *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 16777619u; /* FNV-1a */
    }
    return hash;
}

static size_t bucket_of(const ctrace_callsite *site) {
    uint32_t hash = hash_text(2166136261u, site->name);
    hash = hash_text(hash, site->file) ^ (site->line * 2654435761u) ^ site->level;
    return hash % BUCKETS;
}

/* A file's name without directories: the target of files that do not choose one. */
static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static const char *target_of(const ctrace_callsite *site) {
    return site->target != NULL ? site->target : base_name(site->file);
}

static bool same_keys(const ctrace_callsite *one, const ctrace_callsite *other) {
    if (one->field_count != other->field_count) {
        return false;
    }
    for (uint32_t i = 0; i < one->field_count; i++) {
        if (strcmp(one->field_names[i], other->field_names[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool same(const ctrace_callsite *one, const ctrace_callsite *other) {
    return one->line == other->line && one->level == other->level && one->kind == other->kind &&
           strcmp(one->name, other->name) == 0 && strcmp(one->file, other->file) == 0 &&
           strcmp(one->function, other->function) == 0 &&
           strcmp(target_of(one), target_of(other)) == 0 && same_keys(one, other);
}

static cti_site *find(const ctrace_callsite *instance) {
    for (cti_site *site = buckets[bucket_of(instance)]; site != NULL; site = site->next_in_bucket) {
        if (same(&site->description, instance)) {
            return site;
        }
    }
    return NULL;
}

static size_t text_bytes(const ctrace_callsite *instance) {
    size_t bytes = strlen(instance->name) + strlen(target_of(instance)) + strlen(instance->file) +
                   strlen(instance->function) + 4;
    for (uint32_t i = 0; i < instance->field_count; i++) {
        bytes += strlen(instance->field_names[i]) + 1;
    }
    return bytes;
}

static const char *copy_text(char **at, const char *text) {
    char *copy = *at;
    const size_t size = strlen(text) + 1;
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

/* One block: the site, its list of keys, its texts. */
static cti_site *describe(const ctrace_callsite *instance) {
    const size_t keys = ((size_t)instance->field_count + 1) * sizeof(char *);
    cti_site *site = cti_alloc_zeroed(sizeof *site + keys + text_bytes(instance));
    if (site == NULL) {
        return NULL;
    }
    const char **names = (const char **)(site + 1);
    char *text = (char *)names + keys;
    ctrace_callsite *copy = &site->description;
    *copy = *instance;
    copy->name = copy_text(&text, instance->name);
    copy->target = copy_text(&text, target_of(instance));
    copy->file = copy_text(&text, instance->file);
    copy->function = copy_text(&text, instance->function);
    copy->field_names = names;
    for (uint32_t i = 0; i < instance->field_count; i++) {
        names[i] = copy_text(&text, instance->field_names[i]);
    }
    names[instance->field_count] = NULL;
    site->name_size = strlen(copy->name);
    copy->module = NULL;
    copy->registered = site;
    copy->next_instance = NULL;
    copy->next_in_module = NULL;
    return site;
}

static cti_site *add(const ctrace_callsite *instance) {
    cti_site *site = describe(instance);
    if (site == NULL) {
        return NULL;
    }
    site->id = count;
    if (!cti_interest_add(site)) {
        cti_free(site);
        return NULL;
    }
    cti_site **bucket = &buckets[bucket_of(&site->description)];
    site->next_in_bucket = *bucket;
    *bucket = site;
    /* release: the list may be read without the lock, and what it leads to is complete */
    cti_store_release(last == NULL ? &first : &last->next_by_id, site);
    last = site;
    count += 1;
    cti_count(CTI_CALLSITES, 1);
    return site;
}

static void set_byte(ctrace_callsite *instance, uint8_t state) {
    cti_store_relaxed(&instance->state, state);
}

void cti_site_set_state(cti_site *site, uint8_t state) {
    cti_store_relaxed(&site->state, state);
    for (ctrace_callsite *at = site->instances; at != NULL; at = at->next_instance) {
        set_byte(at, state);
    }
}

/* A callsite outside its module's section must be found when the module goes. */
static void remember_in_module(ctrace_callsite *instance) {
    ctrace_i_module *module = instance->module;
    if (module != NULL && !(instance >= module->begin && instance < module->end)) {
        instance->next_in_module = module->reached;
        module->reached = instance;
    }
}

static cti_site *attach(ctrace_callsite *instance) {
    if (instance->registered != NULL) {
        return instance->registered;
    }
    cti_site *site = find(instance);
    if (site == NULL) {
        site = add(instance);
    }
    if (site == NULL) {
        return NULL;
    }
    instance->next_instance = site->instances;
    site->instances = instance;
    remember_in_module(instance);
    /* release: whoever reads the pointer sees the description behind it */
    cti_store_release(&instance->registered, (void *)site);
    set_byte(instance, site->state);
    return site;
}

cti_site *cti_site_register(ctrace_callsite *instance) {
    const bool taken = cti_registry_take();
    cti_site *site = attach(instance);
    if (taken) {
        cti_registry_give();
    }
    return site;
}

static void detach(ctrace_callsite *instance) {
    cti_site *site = instance->registered;
    if (site == NULL) {
        return;
    }
    ctrace_callsite **link = &site->instances;
    while (*link != NULL && *link != instance) {
        link = &(*link)->next_instance;
    }
    if (*link != NULL) {
        *link = instance->next_instance;
    }
    set_byte(instance, CTRACE_I_STATE_OFF);
}

void ctrace_i_module_begin(ctrace_i_module *module) {
    const bool taken = cti_registry_take();
    if (module->uses++ == 0 && module->abi == CTRACE_I_ABI) {
        module->next = modules;
        modules = module;
        for (ctrace_callsite *site = module->begin; site != module->end; site++) {
            attach(site); /* one that there is no memory for is tried again when it is reached */
        }
    }
    if (taken) {
        cti_registry_give();
    }
}

static void forget_module(ctrace_i_module *module) {
    for (ctrace_i_module **link = &modules; *link != NULL; link = &(*link)->next) {
        if (*link == module) {
            *link = module->next;
            break;
        }
    }
    for (ctrace_callsite *site = module->begin; site != module->end; site++) {
        detach(site);
    }
    for (ctrace_callsite *site = module->reached; site != NULL; site = site->next_in_module) {
        detach(site);
    }
}

void ctrace_i_module_end(ctrace_i_module *module) {
    const bool taken = cti_registry_take();
    if (module->uses > 0 && --module->uses == 0 && module->abi == CTRACE_I_ABI) {
        forget_module(module);
    }
    if (taken) {
        cti_registry_give();
    }
}
