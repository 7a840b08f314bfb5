#include <malloc.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

// prctl and ioctl take variable arguments, which Swift cannot call.

static inline int fieldgate_set_thread_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

static inline int fieldgate_ioctl_pointer(int descriptor, unsigned long request, void *argument) {
  return ioctl(descriptor, request, argument);
}

static inline int fieldgate_ioctl_none(int descriptor, unsigned long request) { return ioctl(descriptor, request, 0); }

// poll(2) to the nanosecond; ppoll is declared for _GNU_SOURCE only, which Swift does not set. poll.h and time.h are not
// included: their types would become this module's.
#include <sys/syscall.h>
#include <unistd.h>

static inline int fieldgate_poll_nanoseconds(void *entries, unsigned count, long seconds, long nanoseconds) {
  long timeout[2] = {seconds, nanoseconds};
  return (int)syscall(SYS_ppoll, entries, (unsigned long)count, timeout, 0L, 0UL);
}

// An expression that Swift does not import.
static const int fieldgate_malloc_arena_max = M_ARENA_MAX;

// Keeps every other program off a serial port. The lock is what other serial programs look at, and it holds against root
// too; it fails with EWOULDBLOCK when another program has it. TIOCEXCL makes later openings fail with EBUSY, except
// root's. Swift takes flock for the structure of that name, and cannot call ioctl with its variable arguments.
static inline int fieldgate_lock_port(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

// The kernel forgets TIOCEXCL with the last close of a port. A pseudo-terminal is kept while its other end is open, and the
// flag with it, which then locks us out when we come back; so there the lock must do. Majors 136 to 143 are its clients'
// ends (Documentation/admin-guide/devices.txt of Linux).
static inline int fieldgate_is_pseudo_terminal(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISCHR(status.st_mode)) return 0;
  return major(status.st_rdev) >= 136 && major(status.st_rdev) <= 143;
}

static inline int fieldgate_make_port_exclusive(int descriptor) {
  return fieldgate_is_pseudo_terminal(descriptor) ? 0 : ioctl(descriptor, TIOCEXCL);
}

static inline void fieldgate_end_port_exclusive(int descriptor) {
  if (!fieldgate_is_pseudo_terminal(descriptor)) ioctl(descriptor, TIOCNXCL);
}

// Spawning a child that dies with its parent, which posix_spawn cannot say. `fork` is not callable from Swift, and between
// it and `execve` only async-signal-safe calls are allowed: so both stand here.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

// In the child: never returns. What fails is told through `report`, which execve closes when it succeeds.
static inline void fieldgate_become(
    const char *path, char *const arguments[], char *const environment[], const char *directory, const int streams[3],
    int report, pid_t parent) {
  for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(127);
  int failed = 0;
  for (int target = 0; target < 3 && !failed; target++) failed = dup2(streams[target], target) < 0;
  // 4 is CLOSE_RANGE_CLOEXEC; a kernel without the call leaves to the child what the parent did not mark.
  syscall(SYS_close_range, 3U, ~0U, 4U);
  if (!failed && directory) failed = chdir(directory) != 0;
  if (!failed) execve(path, arguments, environment);
  int error = errno;
  while (write(report, &error, sizeof error) < 0 && errno == EINTR) {}
  _exit(127);
}

// Returns the process id, or -1 with `*error` set. `streams` are the descriptors of standard input, output and error,
// all above 2. The child is the leader of a new process group and is killed when the calling THREAD ends.
static inline pid_t fieldgate_spawn(
    const char *path, char *const arguments[], char *const environment[], const char *directory, const int streams[3],
    int *error) {
  int report[2];
  *error = 0;
  if (pipe(report) != 0) {
    *error = errno;
    return -1;
  }
  fcntl(report[0], F_SETFD, FD_CLOEXEC);
  fcntl(report[1], F_SETFD, FD_CLOEXEC);
  sigset_t all, before;
  sigfillset(&all);
  pid_t parent = getpid();
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t child = fork();
  if (child == 0) fieldgate_become(path, arguments, environment, directory, streams, report[1], parent);
  if (child < 0) *error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (child > 0) {
    int failure = 0;
    ssize_t count;
    while ((count = read(report[0], &failure, sizeof failure)) < 0 && errno == EINTR) {}
    if (count == (ssize_t)sizeof failure) {
      *error = failure;
      int status;
      while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
      child = -1;
    }
  }
  close(report[0]);
  return child;
}
