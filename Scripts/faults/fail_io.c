// For LD_PRELOAD: the FAIL_ATth write, fsync or ftruncate on a file under FAIL_DIRECTORY fails once with FAIL_ERRNO.
// With FAIL_SLOW_MS each read under FAIL_DIRECTORY takes so many milliseconds, in the first FAIL_SLOW_FOR seconds.
// The 8 bytes of the file FAIL_COUNTER count the calls, in all processes that have it. The file FAIL_RECORD gets a line about
// the call that failed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static unsigned long *counter;
static unsigned long fail_at;
static int error_number = EIO;
static const char *directory;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAIL_COUNTER"), *at = getenv("FAIL_AT"), *number = getenv("FAIL_ERRNO");
  directory = getenv("FAIL_DIRECTORY");
  fail_at = at ? strtoul(at, NULL, 10) : 0;
  if (number) error_number = atoi(number);
  int file = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
  if (file < 0 || ftruncate(file, sizeof *counter) != 0) return;
  void *memory = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory != MAP_FAILED) counter = memory;
  close(file);
}

static void record(const char *call, const char *target) {
  const char *path = getenv("FAIL_RECORD"), *name = strrchr(target, '/');
  int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
  if (file < 0) return;
  dprintf(file, "%s %s\n", call, name ? name + 1 : target);
  close(file);
}

// Whether a file is under FAIL_DIRECTORY; `target`, of 4096 bytes, gets its path.
static int is_meant(int file, char *target) {
  char link[32];
  if (!directory) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  int before = errno;
  ssize_t length = readlink(link, target, 4095);
  errno = before;
  size_t prefix = strlen(directory);
  if (length < (ssize_t)prefix || strncmp(target, directory, prefix) != 0) return 0;
  target[length] = 0;
  return 1;
}

static int fails(const char *call, int file) {
  char target[4096];
  if (!counter || !is_meant(file, target)) return 0;
  if (__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST) != fail_at) return 0;
  record(call, target);
  errno = error_number;
  return 1;
}

static void delay(int file) {
  static long milliseconds = -1, seconds;
  static struct timespec start;
  char target[4096];
  struct timespec now;
  if (milliseconds < 0) {
    const char *each = getenv("FAIL_SLOW_MS"), *length = getenv("FAIL_SLOW_FOR");
    seconds = length ? atol(length) : 0;
    clock_gettime(CLOCK_MONOTONIC, &start);
    milliseconds = each ? atol(each) : 0;
  }
  if (milliseconds == 0 || !is_meant(file, target)) return;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct timespec wait = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  if (now.tv_sec - start.tv_sec < seconds) nanosleep(&wait, NULL);
}

#define SLOW(name, offset_type)                                                              \
  ssize_t name(int file, void *bytes, size_t count, offset_type offset) {                    \
    static ssize_t (*real)(int, void *, size_t, offset_type);                                \
    if (!real) real = (ssize_t(*)(int, void *, size_t, offset_type))dlsym(RTLD_NEXT, #name); \
    delay(file);                                                                             \
    return real(file, bytes, count, offset);                                                 \
  }

SLOW(pread, off_t)
SLOW(pread64, off64_t)

#define WRAP(result, name, parameters, arguments)                       \
  result name parameters {                                              \
    static result(*real) parameters;                                    \
    if (!real) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);    \
    return fails(#name, file) ? -1 : real arguments;                           \
  }

WRAP(ssize_t, write, (int file, const void *bytes, size_t count), (file, bytes, count))
WRAP(ssize_t, pwrite, (int file, const void *bytes, size_t count, off_t offset), (file, bytes, count, offset))
WRAP(ssize_t, pwrite64, (int file, const void *bytes, size_t count, off64_t offset), (file, bytes, count, offset))
WRAP(int, fsync, (int file), (file))
WRAP(int, fdatasync, (int file), (file))
WRAP(int, ftruncate, (int file, off_t length), (file, length))
WRAP(int, ftruncate64, (int file, off64_t length), (file, length))
