/* The short twins of the macros: left out by CTRACE_NO_SHORT_NAMES. */
#ifndef CTRACE_DETAIL_SHORT_NAMES_H
#define CTRACE_DETAIL_SHORT_NAMES_H

#define TRACE_EVENT           CTRACE_EVENT
#define TRACE_EVENT_DYN       CTRACE_EVENT_DYN
#define TRACE_TRACE           CTRACE_TRACE
#define TRACE_DEBUG           CTRACE_DEBUG
#define TRACE_INFO            CTRACE_INFO
#define TRACE_WARN            CTRACE_WARN
#define TRACE_ERROR           CTRACE_ERROR
#define TRACE_LOGF            CTRACE_LOGF
#define TRACE_TRACEF          CTRACE_TRACEF
#define TRACE_DEBUGF          CTRACE_DEBUGF
#define TRACE_INFOF           CTRACE_INFOF
#define TRACE_WARNF           CTRACE_WARNF
#define TRACE_ERRORF          CTRACE_ERRORF
#define TRACE_ONCE            CTRACE_ONCE
#define TRACE_EVERY           CTRACE_EVERY
#define TRACE_RATE            CTRACE_RATE
#define TRACE_ENABLED         CTRACE_ENABLED
#define TRACE_BOOL            CTRACE_BOOL
#define TRACE_I64             CTRACE_I64
#define TRACE_U64             CTRACE_U64
#define TRACE_F64             CTRACE_F64
#define TRACE_STR             CTRACE_STR
#define TRACE_PTR             CTRACE_PTR
#define TRACE_STRN            CTRACE_STRN
#define TRACE_BYTES           CTRACE_BYTES
#define TRACE_HEX             CTRACE_HEX
#define TRACE_ERRNO           CTRACE_ERRNO
#define TRACE_NS              CTRACE_NS
#define TRACE_EMPTY           CTRACE_EMPTY
#define TRACE_V               CTRACE_V
#define TRACE_LAZY            CTRACE_LAZY
#define TRACE_SPAN            CTRACE_SPAN
#define TRACE_SPAN_AT         CTRACE_SPAN_AT
#define TRACE_SPAN_AS         CTRACE_SPAN_AS
#define TRACE_SPAN_AS_AT      CTRACE_SPAN_AS_AT
#define TRACE_FN              CTRACE_FN
#define TRACE_FN_AT           CTRACE_FN_AT
#define TRACE_RETURN          CTRACE_RETURN
#define TRACE_RETURN_AS       CTRACE_RETURN_AS
#define TRACE_BLOCK           CTRACE_BLOCK
#define TRACE_BLOCK_AT        CTRACE_BLOCK_AT
#define TRACE_SPAN_NEW        CTRACE_SPAN_NEW
#define TRACE_SPAN_NEW_AT     CTRACE_SPAN_NEW_AT
#define TRACE_SPAN_CHILD      CTRACE_SPAN_CHILD
#define TRACE_SPAN_CHILD_AT   CTRACE_SPAN_CHILD_AT
#define TRACE_SPAN_ROOT       CTRACE_SPAN_ROOT
#define TRACE_SPAN_ROOT_AT    CTRACE_SPAN_ROOT_AT
#define TRACE_ENTER           CTRACE_ENTER
#define TRACE_IN              CTRACE_IN
#define TRACE_RECORD          CTRACE_RECORD
#define TRACE_WITH_SUBSCRIBER CTRACE_WITH_SUBSCRIBER

#endif
