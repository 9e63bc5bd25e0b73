/*
 * autoload.S: gdb's printers inside the kernel's ELF (GDB manual, "Auto-loading extensions", section
 * ".debug_gdb_scripts"). gdb runs them when it loads the file, if that is below its auto-load
 * safe-path. Not allocated: they cost the kernel no memory. Not "MS", as tasks.py has to stay behind
 * trapline.py, which it uses, and core_process.py behind core.py. Assembled in the top folder.
 */
    .macro script name
    .byte 4 /* SECTION_SCRIPT_ID_PYTHON_TEXT: a name, a newline, the script, a zero */
    .ascii "\name\n"
    .incbin "scripts/gdb/\name"
    .byte 0
    .endm

    .section .debug_gdb_scripts, "", @progbits
    script trapline.py
    script tasks.py
    script core.py
    script core_process.py

    .section .note.GNU-stack, "", @progbits
