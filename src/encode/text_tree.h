/* The text format as a tree: what happens as it happens, indented by the spans around it. */
#ifndef CTI_ENCODE_TEXT_TREE_H
#define CTI_ENCODE_TEXT_TREE_H

#include "encode/text.h"

/* Appends an event. */
void cti_tree_put_event(cti_text *text, ctrace_buf *buf, const cti_notice *notice);

/* Append that notice->span was opened, or given values: the notice's fields. */
void cti_tree_put_open(cti_text *text, ctrace_buf *buf, const cti_notice *notice);
void cti_tree_put_record(cti_text *text, ctrace_buf *buf, const cti_notice *notice);

/* Appends that notice->span was closed. The notice has two fields, durations both: how long it was
 * entered, and the rest of its life. */
void cti_tree_put_close(cti_text *text, ctrace_buf *buf, const cti_notice *notice);

#endif
