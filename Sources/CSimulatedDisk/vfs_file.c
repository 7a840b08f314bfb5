// SQLite's calls on an open file.
#include <string.h>

#include "disk_state.h"

bool handle_is_dead(const handle *handle) {
  return handle->generation != handle->disk->generation || handle->disk->is_stopped;
}

static int begin(handle *handle, int kind) {
  if (handle->generation != handle->disk->generation) return SQLITE_IOERR;
  return disk_begin(handle->disk, kind, handle->file->label);
}

static int file_close(sqlite3_file *base) {
  handle *handle = (struct handle *)base;
  fieldgate_disk *disk = handle->disk;
  handle_unmap(base, 0);
  if (handle->generation == disk->generation) {
    if (handle->file->reserved == handle) {
      handle->file->reserved = NULL;
      handle->file->is_pending = false;
    }
    if (handle->lock != SQLITE_LOCK_NONE) handle->file->shared_locks--;
    if (handle->deletes_on_close && disk_lookup(disk, handle->file->label) == handle->file) {
      disk_bind(disk, handle->file->label, NULL);
    }
  }
  inode_release(handle->file);
  base->pMethods = NULL;
  disk_drop_reference(disk);
  return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
  handle *handle = (struct handle *)base;
  int code = begin(handle, FIELDGATE_DISK_READ);
  if (code != SQLITE_OK) return code;
  const buffer *now = &handle->file->now;
  int64_t there = offset < now->count ? now->count - offset : 0;
  if (there > count) there = count;
  if (there > 0) memcpy(bytes, now->bytes + offset, (size_t)there);
  handle->disk->bytes_read += (uint64_t)there;
  if (there == count) return SQLITE_OK;
  // SQLite requires the rest to be zero.
  memset((uint8_t *)bytes + there, 0, (size_t)(count - there));
  return SQLITE_IOERR_SHORT_READ;
}

// How many bytes of a write fit on the disk.
static int64_t fitting(const handle *handle, int64_t offset, int64_t count) {
  int64_t growth = offset + count - handle->file->now.count;
  if (growth <= 0 || handle->disk->capacity == INT64_MAX) return count;
  int64_t room = handle->disk->capacity - fieldgate_disk_used(handle->disk);
  if (growth <= room) return count;
  int64_t fits = count - (growth - (room > 0 ? room : 0));
  return fits > 0 ? fits : 0;
}

static int file_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
  handle *handle = (struct handle *)base;
  fieldgate_disk *disk = handle->disk;
  bool was_stopped = disk->is_stopped;
  int code = begin(handle, FIELDGATE_DISK_WRITE);
  bool is_dead = handle->generation != disk->generation || was_stopped;
  if (is_dead) return SQLITE_IOERR;
  if (disk->is_read_only) return SQLITE_IOERR_WRITE;
  int64_t fits = fitting(handle, offset, count);
  if (code != SQLITE_OK) {
    // A write that fails, or that the end of the process interrupts, may have got some way.
    int64_t part = (int64_t)disk_random_below(disk, (uint64_t)count + 1);
    inode_write(disk, handle->file, offset, bytes, part < fits ? part : fits);
    return code;
  }
  inode_write(disk, handle->file, offset, bytes, fits);
  return fits == count ? SQLITE_OK : SQLITE_FULL;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 count) {
  handle *handle = (struct handle *)base;
  int code = begin(handle, FIELDGATE_DISK_TRUNCATE);
  if (code != SQLITE_OK) return code;
  if (handle->disk->is_read_only) return SQLITE_IOERR_TRUNCATE;
  inode_truncate(handle->file, count);
  return SQLITE_OK;
}

// Linux marks pages clean when writing them back failed: each of them reached the medium or never will, and a later
// sync that succeeds says nothing about them (Rebello and others, "Can Applications Recover from fsync Failures?").
static void fail_sync(handle *handle) {
  inode *file = handle->file;
  for (int index = 0; index < file->pending_count; index++) {
    if (disk_random_below(handle->disk, 2)) inode_apply(file, &file->pending[index]);
  }
  inode_forget_pending(file);
}

static int file_sync(sqlite3_file *base, int flags) {
  (void)flags;
  handle *handle = (struct handle *)base;
  fieldgate_disk *disk = handle->disk;
  int code = begin(handle, FIELDGATE_DISK_SYNC);
  if (code != SQLITE_OK) {
    bool is_failure = handle->generation == disk->generation && !disk->is_stopped;
    if (is_failure && !disk->ignores_sync) fail_sync(handle);
    return code;
  }
  if (disk->ignores_sync) return SQLITE_OK;
  if (disk->is_read_only && handle->file->pending_count > 0) return SQLITE_IOERR_FSYNC;
  inode_sync(handle->file);
  // SQLite's unix VFS syncs the directory with the first sync after it opened a journal or log, whether that was new or not,
  // and ext4 writes a new file's entry with the file.
  if (handle->syncs_directory || !disk_is_durable_name(disk, handle->file)) {
    disk_sync_directory(disk, handle->file->label);
  }
  handle->syncs_directory = false;
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *count) {
  handle *handle = (struct handle *)base;
  if (handle_is_dead(handle)) return SQLITE_IOERR_FSTAT;
  *count = handle->file->now.count;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
  (void)base, (void)operation, (void)argument;
  return SQLITE_NOTFOUND;
}

// The same answers as the unix VFS of Debian gives.
static int sector_size(sqlite3_file *base) {
  (void)base;
  return 4096;
}

static int characteristics(sqlite3_file *base) {
  (void)base;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods disk_file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = handle_lock,
    .xUnlock = handle_unlock,
    .xCheckReservedLock = handle_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = handle_map,
    .xShmLock = handle_lock_slots,
    .xShmBarrier = handle_barrier,
    .xShmUnmap = handle_unmap,
};
