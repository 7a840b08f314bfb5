// SQLite's calls on the file system, and the life of a disk.
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk_state.h"

static fieldgate_disk *disk_of(sqlite3_vfs *vfs) { return vfs->pAppData; }

// The file that an open finds or makes; NULL when it may not.
static inode *open_inode(fieldgate_disk *disk, const char *path, int flags) {
  inode *found = path ? disk_lookup(disk, path) : NULL;
  if (found) {
    bool must_be_new = (flags & SQLITE_OPEN_EXCLUSIVE) && (flags & SQLITE_OPEN_CREATE);
    return must_be_new ? NULL : found;
  }
  if (path && (!(flags & SQLITE_OPEN_CREATE) || disk->is_read_only)) return NULL;
  inode *made = inode_make(disk, path ? path : "");
  if (path) disk_bind(disk, path, made);
  return made;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out_flags) {
  fieldgate_disk *disk = disk_of(vfs);
  handle *opened = (struct handle *)base;
  memset(opened, 0, sizeof *opened);
  int code = disk_begin(disk, FIELDGATE_DISK_OPEN, path ? path : "");
  if (code != SQLITE_OK) return code == SQLITE_FULL ? SQLITE_FULL : SQLITE_CANTOPEN;
  inode *file = open_inode(disk, path, flags);
  if (!file) return SQLITE_CANTOPEN;
  file->references++;
  disk->references++;
  opened->disk = disk;
  opened->file = file;
  opened->generation = disk->generation;
  opened->deletes_on_close = path && (flags & SQLITE_OPEN_DELETEONCLOSE);
  int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  opened->syncs_directory = (flags & journals) && (flags & SQLITE_OPEN_CREATE);
  opened->base.pMethods = &disk_file_methods;
  if (out_flags) {
    *out_flags = flags;
    // What the unix VFS does when a file cannot be opened for writing.
    if (disk->is_read_only && path) *out_flags = (flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
  }
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs_directory) {
  fieldgate_disk *disk = disk_of(vfs);
  int code = disk_begin(disk, FIELDGATE_DISK_DELETE, path);
  if (code != SQLITE_OK) return code;
  if (!disk_lookup(disk, path)) return SQLITE_IOERR_DELETE_NOENT;
  if (disk->is_read_only) return SQLITE_IOERR_DELETE;
  disk_bind(disk, path, NULL);
  if (syncs_directory && !disk->ignores_sync) disk_sync_directory(disk, path);
  return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  fieldgate_disk *disk = disk_of(vfs);
  if (disk->is_stopped) return SQLITE_IOERR_ACCESS;
  const inode *file = disk_lookup(disk, path);
  // The unix VFS, too, calls an empty file missing: it is a journal that says nothing.
  bool exists = file && (flags != SQLITE_ACCESS_EXISTS || file->now.count > 0);
  *result = exists && !(flags == SQLITE_ACCESS_READWRITE && disk->is_read_only);
  return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int count, char *result) {
  (void)vfs;
  int length = snprintf(result, (size_t)count, "%s%s", path[0] == '/' ? "" : "/", path);
  return length < count ? SQLITE_OK : SQLITE_CANTOPEN;
}

// SQLite itself draws through sqlite3_randomness, see disk_random.c.
static int vfs_randomness(sqlite3_vfs *vfs, int count, char *bytes) {
  disk_seed_thread(disk_of(vfs));
  sqlite3_randomness(count, bytes);
  return count;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  fieldgate_disk *disk = disk_of(vfs);
  if (disk->sleep) disk->sleep(disk->sleep_context, microseconds);
  return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *julian_milliseconds) {
  // 1970 in milliseconds since noon in Greenwich on 24 November 4714 B.C.
  *julian_milliseconds = disk_of(vfs)->milliseconds + 210866760000000;
  return SQLITE_OK;
}

static int vfs_time_in_days(sqlite3_vfs *vfs, double *julian_days) {
  sqlite3_int64 milliseconds = 0;
  vfs_time(vfs, &milliseconds);
  *julian_days = (double)milliseconds / 86400000.0;
  return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int count, char *text) {
  (void)vfs;
  if (count > 0) text[0] = '\0';
  return 0;
}

// Disks grow and go by the thousand: memory that is handed back to the kernel is cleared again page by page.
static void keep_memory(void) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  mallopt(M_TOP_PAD, 16 << 20);
}

fieldgate_disk *fieldgate_disk_make(uint64_t seed) {
  static atomic_ullong made;
  if (atomic_load(&made) == 0) keep_memory();
  fieldgate_disk *disk = disk_allocate(sizeof *disk);
  disk->references = 1;
  disk->seed = seed;
  disk->random = disk_mix(seed ^ 0x5deece66du);
  disk->capacity = INT64_MAX;
  disk->stop_countdown = -1;
  snprintf(disk->vfs_name, sizeof disk->vfs_name, "fieldgate-disk-%llu", atomic_fetch_add(&made, 1) + 1);
  disk->vfs = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = sizeof(handle),
      .mxPathname = MAXIMUM_PATH,
      .zName = disk->vfs_name,
      .pAppData = disk,
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_path,
      .xRandomness = vfs_randomness,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_time_in_days,
      .xGetLastError = vfs_last_error,
      .xCurrentTimeInt64 = vfs_time,
  };
  if (sqlite3_vfs_register(&disk->vfs, 0) != SQLITE_OK) abort();
  return disk;
}

const char *fieldgate_disk_vfs_name(const fieldgate_disk *disk) { return disk->vfs_name; }

void fieldgate_disk_release(fieldgate_disk *disk) {
  sqlite3_vfs_unregister(&disk->vfs);
  fieldgate_disk_set_sleep(disk, NULL, NULL);
  fieldgate_disk_kill(disk);
  disk_drop_reference(disk);
}

void disk_drop_reference(fieldgate_disk *disk) {
  if (--disk->references > 0) return;
  for (int index = 0; index < disk->name_count; index++) {
    name *each = &disk->names[index];
    for (int version = 0; version < each->version_count; version++) inode_release(each->versions[version]);
    free(each->path);
  }
  free(disk->names);
  free(disk);
}
