#!/usr/bin/awk -f
# Sum the output of size(1) and fail over text_max bytes of text or data_max of data and bss.
NR > 1 { text += $1; data += $2 + $3 }
END {
    printf "  stub    text %d of %d bytes, data and bss %d of %d\n", text, text_max, data, data_max
    exit text > text_max || data > data_max
}
