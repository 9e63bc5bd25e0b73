/* log_queue.c: loggers hand records to one writer, through a queue that is often full or empty. */
#include "workload/work.h"

#define LOGGERS  2
#define CAPACITY 4

struct record {
    uint64_t logger, sequence, checksum;
};

static struct mutex log_lock = MUTEX("log_lock");
static struct condition log_filled = CONDITION("log_filled");
static struct condition log_space = CONDITION("log_space");
static struct record queue[CAPACITY];
static unsigned first, count;

static uint64_t checksum(const struct record *record)
{
    return (record->logger ^ record->sequence * 0x9e3779b97f4a7c15) + 1;
}

WORK_CALLED static void work_log_put(struct record record)
{
    record.checksum = checksum(&record);
    mutex_lock(&log_lock);
    while (count == CAPACITY)
        condition_wait(&log_space, &log_lock, WAIT_FOR_EVER);
    queue[(first + count++) % CAPACITY] = record;
    condition_signal(&log_filled);
    mutex_unlock(&log_lock);
}

WORK_CALLED static struct record work_log_take(void)
{
    mutex_lock(&log_lock);
    while (count == 0)
        condition_wait(&log_filled, &log_lock, WAIT_FOR_EVER);

    struct record record = queue[first];

    first = (first + 1) % CAPACITY;
    count--;
    condition_signal(&log_space);
    mutex_unlock(&log_lock);
    return record;
}

static void logger(void *number)
{
    uint64_t random = 0;

    for (uint64_t sequence = 0;; sequence++) {
        work_log_put((struct record){.logger = (uint64_t)number, .sequence = sequence});
        work_pause(&random, 700);
    }
}

static void log_writer(void *number)
{
    uint64_t expected[LOGGERS] = {0};

    (void)number;
    for (;;) {
        struct record record = work_log_take();

        WORK_CHECK(record.checksum == checksum(&record), "a record arrives as it was sent");
        WORK_CHECK(record.logger < LOGGERS, "a record comes from a logger that exists");
        WORK_CHECK(record.sequence == expected[record.logger]++,
                   "records of a logger arrive in order, each once");
        workload_rounds.records++;
    }
}

void work_log_start(void)
{
    work_launch("log_writer", 1, log_writer);
    work_launch("logger", LOGGERS, logger);
}
