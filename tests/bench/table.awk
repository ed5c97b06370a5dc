# Rows of "column, name, floor, nanoseconds", separated by tabs, several times over, to a table: the
# median of each, and how many times its floor that is.
BEGIN {
    FS = "\t"
    count_columns = split(columns, column, " ")
    floor_row["load and branch"] = "floor: relaxed load and branch"
    floor_row["empty call"] = "floor: empty call"
    floor_row["TSC read"] = "floor: one TSC read"
}
{
    if (!($2 in floor_of)) {
        name[++names] = $2
        floor_of[$2] = $3
    }
    values[$1, $2] = values[$1, $2] " " $4
}
function median(text, sorted, count, i, j, swap) {
    count = split(text, sorted, " ")
    for (i = 2; i <= count; i++) {
        for (j = i; j > 1 && sorted[j - 1] + 0 > sorted[j] + 0; j--) {
            swap = sorted[j]
            sorted[j] = sorted[j - 1]
            sorted[j - 1] = swap
        }
    }
    return sorted[int((count + 1) / 2)]
}
# The median, or nothing where the column has no such row.
function cell(of, row, ns) {
    if (!((of, row) in values)) {
        return ""
    }
    ns = median(values[of, row])
    return sprintf(ns < 10 ? "%.2f" : "%.0f", ns)
}
function ratio(of, row, below) {
    if (!(floor_of[row] in floor_row) || !((of, row) in values)) {
        return ""
    }
    below = median(values[of, floor_row[floor_of[row]]])
    return below > 0 ? sprintf("%.1f", median(values[of, row]) / below) : ""
}
END {
    printf "%-44s", "nanoseconds"
    for (i = 1; i <= count_columns; i++) {
        printf " %8s", column[i]
    }
    printf "   times its floor: static, shared\n"
    for (n = 1; n <= names; n++) {
        row = name[n]
        printf "%-44s", row
        for (i = 1; i <= count_columns; i++) {
            printf " %8s", cell(column[i], row)
        }
        if (floor_of[row] in floor_row) {
            printf "   %5s %5s  of %s", ratio("static", row), ratio("shared", row), floor_of[row]
        }
        printf "\n"
    }
}
