/* expect: ctrace: at most 32 fields */
/* expect c++: ctrace: at most 32 fields */
#include "ctrace/trace.h"

void fails(int n);
void fails(int n) {
    TRACE_INFO("one too many", ("a", n), ("b", n), ("c", n), ("d", n), ("e", n), ("f", n), ("g", n),
               ("h", n), ("i", n), ("j", n), ("k", n), ("l", n), ("m", n), ("n", n), ("o", n),
               ("p", n), ("q", n), ("r", n), ("s", n), ("t", n), ("u", n), ("v", n), ("w", n),
               ("x", n), ("y", n), ("z", n), ("A", n), ("B", n), ("C", n), ("D", n), ("E", n),
               ("F", n), ("G", n));
}
