/*
 * autoload.S: trapline.py inside the kernel's ELF (GDB manual, "Auto-loading extensions", section
 * ".debug_gdb_scripts"). gdb runs it when it loads the file, if that is below its auto-load
 * safe-path. Not allocated: it costs the kernel no memory. Assembled in the top folder.
 */
    .section .debug_gdb_scripts, "MS", @progbits, 1
    .byte 4 /* SECTION_SCRIPT_ID_PYTHON_TEXT: a name, a newline, the script, a zero */
    .ascii "trapline.py\n"
    .incbin "scripts/gdb/trapline.py"
    .byte 0

    .section .note.GNU-stack, "", @progbits
