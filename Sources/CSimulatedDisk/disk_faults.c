// Faults on order, and the counters.
#include <string.h>

#include "disk_state.h"

void fieldgate_disk_fail(fieldgate_disk *disk, int kind, int64_t nth, bool for_ever, bool is_full, const char *suffix) {
  if (disk->failure_count == MAXIMUM_FAILURES) return;
  failure *added = &disk->failures[disk->failure_count++];
  *added = (failure){.kind = kind, .countdown = nth, .for_ever = for_ever, .is_full = is_full};
  strncpy(added->suffix, suffix, sizeof added->suffix - 1);
}

void fieldgate_disk_clear_failures(fieldgate_disk *disk) { disk->failure_count = 0; }

int fieldgate_disk_failure_count(const fieldgate_disk *disk) { return disk->failure_count; }

void fieldgate_disk_stop(fieldgate_disk *disk, int64_t operations) { disk->stop_countdown = operations; }

bool fieldgate_disk_is_stopped(const fieldgate_disk *disk) { return disk->is_stopped; }

// What the unix VFS of SQLite answers when the system call of this kind fails.
static int error_of(int kind) {
  switch (kind) {
    case FIELDGATE_DISK_OPEN: return SQLITE_CANTOPEN;
    case FIELDGATE_DISK_READ: return SQLITE_IOERR_READ;
    case FIELDGATE_DISK_WRITE: return SQLITE_IOERR_WRITE;
    case FIELDGATE_DISK_SYNC: return SQLITE_IOERR_FSYNC;
    case FIELDGATE_DISK_TRUNCATE: return SQLITE_IOERR_TRUNCATE;
    case FIELDGATE_DISK_DELETE: return SQLITE_IOERR_DELETE;
    default: return SQLITE_IOERR;
  }
}

static bool ends_with(const char *path, const char *suffix) {
  size_t length = strlen(path), tail = strlen(suffix);
  return tail <= length && strcmp(path + length - tail, suffix) == 0;
}

// Counts one operation on every order that it matches; the first that is due decides.
static int ordered_failure(fieldgate_disk *disk, int kind, const char *path) {
  int code = SQLITE_OK;
  int kept = 0;
  for (int index = 0; index < disk->failure_count; index++) {
    failure each = disk->failures[index];
    bool matches = (each.kind == kind || each.kind < 0) && ends_with(path, each.suffix);
    bool is_due = matches && each.countdown <= 1;
    if (matches && each.countdown > 1) each.countdown--;
    if (is_due && code == SQLITE_OK) code = each.is_full ? SQLITE_FULL : error_of(kind);
    if (!is_due || each.for_ever) disk->failures[kept++] = each;
  }
  disk->failure_count = kept;
  if (code != SQLITE_OK) disk->injected[kind]++;
  return code;
}

// Every counted operation passes here first.
int disk_begin(fieldgate_disk *disk, int kind, const char *path) {
  disk->operation_total++;
  disk_seed_thread(disk);
  if (disk->is_stopped) return SQLITE_IOERR;
  disk->operations[kind]++;
  if (disk->stop_countdown == 0) {
    disk->is_stopped = true;
    return SQLITE_IOERR;
  }
  if (disk->stop_countdown > 0) disk->stop_countdown--;
  return ordered_failure(disk, kind, path);
}

int64_t fieldgate_disk_used(const fieldgate_disk *disk) {
  int64_t used = 0;
  for (int index = 0; index < disk->name_count; index++) {
    const name *each = &disk->names[index];
    const inode *file = each->versions[each->version_count - 1];
    if (file) used += file->now.count;
  }
  return used;
}

void fieldgate_disk_set_capacity(fieldgate_disk *disk, int64_t bytes) { disk->capacity = bytes; }
int64_t fieldgate_disk_capacity(const fieldgate_disk *disk) { return disk->capacity; }
void fieldgate_disk_set_read_only(fieldgate_disk *disk, bool on) { disk->is_read_only = on; }
bool fieldgate_disk_is_read_only(const fieldgate_disk *disk) { return disk->is_read_only; }
void fieldgate_disk_set_ignores_sync(fieldgate_disk *disk, bool on) { disk->ignores_sync = on; }
bool fieldgate_disk_ignores_sync(const fieldgate_disk *disk) { return disk->ignores_sync; }
void fieldgate_disk_set_time(fieldgate_disk *disk, int64_t milliseconds) { disk->milliseconds = milliseconds; }
int64_t fieldgate_disk_time(const fieldgate_disk *disk) { return disk->milliseconds; }

void fieldgate_disk_set_sleep(fieldgate_disk *disk, void (*sleep)(void *, int), void *context) {
  disk->sleep = sleep;
  disk->sleep_context = context;
}

static bool is_kind(int kind) { return kind >= 0 && kind < FIELDGATE_DISK_KINDS; }

uint64_t fieldgate_disk_operations(const fieldgate_disk *disk, int kind) {
  return is_kind(kind) ? disk->operations[kind] : 0;
}

uint64_t fieldgate_disk_injected(const fieldgate_disk *disk, int kind) {
  return is_kind(kind) ? disk->injected[kind] : 0;
}

uint64_t fieldgate_disk_bytes_read(const fieldgate_disk *disk) { return disk->bytes_read; }
uint64_t fieldgate_disk_bytes_written(const fieldgate_disk *disk) { return disk->bytes_written; }
