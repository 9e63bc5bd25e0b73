/* accounts.c: tellers move money between accounts. None may be lost, and no account is in debt. */
#include "workload/work.h"

#define ACCOUNTS 16
#define TELLERS  3
#define START    1000 /* in each account */

static struct mutex accounts_lock = MUTEX("accounts_lock");
static uint64_t accounts[ACCOUNTS];

static uint64_t total(void)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < ACCOUNTS; i++)
        sum += accounts[i];
    return sum;
}

/* Between the two halves the books are wrong, which nobody else may see. */
WORK_CALLED static void work_transfer(unsigned from, unsigned to, uint64_t amount, uint64_t *random)
{
    mutex_lock(&accounts_lock);
    WORK_CHECK(total() == ACCOUNTS * START, "the sum of all accounts stays what it is");
    if (accounts[from] >= amount) {
        accounts[from] -= amount;
        work_pause(random, 300);
        accounts[to] += amount;
    }
    WORK_CHECK(total() == ACCOUNTS * START, "who takes money out puts it back");
    workload_rounds.transfers++;
    mutex_unlock(&accounts_lock);
}

static void teller(void *number)
{
    uint64_t random = 0;

    (void)number;
    for (;;) {
        work_transfer(work_random(&random, ACCOUNTS), work_random(&random, ACCOUNTS),
                      work_random(&random, START), &random);
        work_pause(&random, 300);
    }
}

void work_accounts_start(void)
{
    for (unsigned i = 0; i < ACCOUNTS; i++)
        accounts[i] = START;
    work_launch("teller", TELLERS, teller);
}
