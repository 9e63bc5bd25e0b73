#!/usr/bin/awk -f
# Sum the output of size -A: code against text_max, static memory (constants, data, bss) against data_max.
/^\.text/ { text += $2 }
/^(\.rodata|__ex_table)/ { constants += $2 }
/^\.(data|bss)/ { data += $2 }
END {
    printf "  stub    text %d of %d bytes, static memory %d of %d (%d of it constants)\n",
        text, text_max, constants + data, data_max, constants
    exit !text || text > text_max || constants + data > data_max
}
