/* demo_command.h: monitor demo. */
#ifndef KERNEL_DEMO_COMMAND_H
#define KERNEL_DEMO_COMMAND_H

void demo_command_init(void);

#endif
