#!/usr/bin/awk -f
# Sum the output of size -A: the code of the foundation against base_max, all code against text_max,
# static memory (constants, data, bss) against data_max. A file whose name matches extras is what came
# on top of the foundation.
/:$/ { extra = $1 ~ "/(" extras ")[^/]*$" }
/^\.text/ { text += $2; if (!extra) base += $2 }
/^(\.rodata|__ex_table)/ { constants += $2 }
/^\.(data|bss)/ { data += $2 }
END {
    printf "  stub    text %d of %d bytes, with debug registers, steps, faults, doors, lldb %d of %d\n",
        base, base_max, text, text_max
    each = room / cpus
    printf "          static memory %d of %d bytes (%d of it constants)\n",
        constants + data, data_max, constants
    printf "          of that %d for each of %d processors: %d for one\n", each, cpus,
        constants + data - (cpus - 1) * each
    printf "          and %d for the kernel's own symbols, if they are linked in\n", symbols
    exit !text || base > base_max || text > text_max || constants + data > data_max
}
