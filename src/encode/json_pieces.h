/* What is prepared for a callsite in JSON. `how` is the cti_json. */
#ifndef CTI_ENCODE_JSON_PIECES_H
#define CTI_ENCODE_JSON_PIECES_H

#include "encode/pieces.h"

void cti_json_build_flat(cti_pieces *pieces, const cti_site *site, const void *how);
void cti_json_build_nested(cti_pieces *pieces, const cti_site *site, const void *how);

#endif
