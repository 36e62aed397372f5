/* A clock for one test, preloaded into the function: time passes `factor` times as fast, and leaps when the test says so.
 *
 * The wall clock and the monotonic clock pass alike, so leases, timeouts and retries keep their proportions. The file
 * that CLOCK_PAGE names holds four numbers of 64 bits: nanoseconds leapt, the factor, the monotonic time at which it
 * began, and nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;
static volatile const int64_t *page;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static int (*real_epoll_wait)(int, struct epoll_event *, int, int);

__attribute__((constructor)) static void start(void) {
    real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    real_epoll_wait = (int (*)(int, struct epoll_event *, int, int))dlsym(RTLD_NEXT, "epoll_wait");
    const char *path = getenv("CLOCK_PAGE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, 4 * sizeof *page, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED || !real_clock_gettime || !real_epoll_wait) abort(); /* a wrong clock would prove nothing */
    close(file);
    page = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!page) start();
    int result = real_clock_gettime(clock, time);
    if (result || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)) return result;
    struct timespec now;
    real_clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t passed = now.tv_sec * SECOND + now.tv_nsec - page[2];
    int64_t total = time->tv_sec * SECOND + time->tv_nsec + page[0] + passed * (page[1] - 1);
    time->tv_sec = total / SECOND;
    time->tv_nsec = total % SECOND;
    return 0;
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
    if (timeout > 0) timeout = (int)((timeout + page[1] - 1) / page[1]);
    return real_epoll_wait(epoll, events, most, timeout);
}
