/* Who wants which callsite: the answers of every node, cached, and what the callsites' state bytes
 * make of them. */
#ifndef CTI_CORE_INTEREST_H
#define CTI_CORE_INTEREST_H

#include "core/tree.h"

/* All trees, linked by `next`. With the registry's lock held. */
cti_tree *cti_tree_first(void);

/* Asks a new tree's nodes about all callsites. False when there is no memory. With the lock held.
 */
bool cti_interest_fill(cti_tree *tree);

/* Gives back the memory of the tree's answers. */
void cti_interest_drop(cti_tree *tree);

#endif
