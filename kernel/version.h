/* version.h: what the boot banner says. */
#ifndef KERNEL_VERSION_H
#define KERNEL_VERSION_H

#define KERNEL_VERSION "0.1"

#endif
