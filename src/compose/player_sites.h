/* Callsites as a recording describes them. */
#ifndef CTI_COMPOSE_PLAYER_SITES_H
#define CTI_COMPOSE_PLAYER_SITES_H

#include "core/site.h"
#include "record/get.h"
#include "record/printf.h"

typedef struct cti_played_site {
    cti_site *site; /* NULL: not described */
    cti_printf *format;
    bool parsed; /* whether `format` was looked for */
} cti_played_site;

typedef struct cti_played_sites {
    cti_played_site *by_number;
    uint32_t size;
} cti_played_sites;

/* NULL, or what is wrong with the description. */
const char *cti_played_sites_add(cti_played_sites *sites, uint32_t number, cti_get rest);

/* NULL when the number was not described. */
cti_played_site *cti_played_sites_find(const cti_played_sites *sites, uint32_t number);

/* The site's printf format, taken apart; NULL when that cannot be. */
const cti_printf *cti_played_format(cti_played_site *played);

void cti_played_sites_release(cti_played_sites *sites);

#endif
