# Prints a program that prints the layout of each public struct: its size, and where each member
# begins and how long it is. Reads the public headers, preprocessed.
#
# Usage: awk -f tokens.awk -f layout.awk HEADERS.i
BEGIN {
    print "int main(void) {"
}

/^[ \t]*#/ {
    next
}

{
    n = cut_line($0)
    for (i = 1; i <= n; i++) {
        if (kind[i] != "blank") {
            take(kind[i], text[i])
        }
    }
}

END {
    print "return 0; }"
}

function take(kind, token) {
    if (token == "{") {
        if (braces++ == 0) {
            struct_name = tag ~ /^ctrace_/ && before == tag ? tag : ""
            if (struct_name != "") {
                printf "P(%s);\n", struct_name
            }
            begin_member()
        }
    } else if (token == "}") {
        braces--
    } else if (braces == 1 && struct_name != "") {
        take_in_struct(kind, token)
    } else if (braces == 0 && before == "struct") {
        tag = token
    }
    before = token
}

function begin_member() {
    last = ""
    parens = settled = 0
}

# The declared name is the last one before `;`, `[` or `,`, or the one in `(*name)`.
function take_in_struct(kind, token) {
    if (kind == "name" && !settled) {
        last = token
    } else if (token == "(") {
        parens++
    } else if (token == ")") {
        parens--
        settled = 1
    } else if (token == "[") {
        settled = 1
    } else if (token == ";" || (token == "," && parens == 0)) {
        printf "M(%s, %s);\n", struct_name, last
        begin_member()
    }
}
