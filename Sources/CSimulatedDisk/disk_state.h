// The insides of a simulated disk, shared by the files of this target only.
#ifndef FIELDGATE_DISK_STATE_H
#define FIELDGATE_DISK_STATE_H

#include <sqlite3.h>

#include "simulated_disk.h"

enum {
  // Torn writes end here: the unit that disks and SD cards write whole.
  SECTOR = 512,
  // What a file name may have been since its directory was last synced; the oldest is forgotten beyond that.
  MAXIMUM_VERSIONS = 16,
  // Beyond so many unsynced writes of a file the oldest become durable, as a kernel writes old pages back by itself.
  MAXIMUM_PENDING = 8192,
  MAXIMUM_FAILURES = 32,
  MAXIMUM_PATH = 512,
};

typedef struct {
  uint8_t *bytes;
  int64_t count;
  int64_t capacity;
} buffer;

// A write, or a cut to `offset`, that no sync has made durable yet.
typedef struct {
  int64_t offset;
  int64_t count;
  uint8_t *bytes;  // NULL: a truncation
} change;

typedef struct shared_memory {
  int references;
  int region_count;
  char **regions;
  int shared[SQLITE_SHM_NLOCK];
  bool exclusive[SQLITE_SHM_NLOCK];
} shared_memory;

typedef struct handle handle;

// A file apart from its name: it lives while a name or a handle refers to it.
typedef struct inode {
  int references;
  uint64_t number;
  char *label;     // the path it was made with; "" for a temporary file
  buffer now;      // as a running process sees it
  buffer durable;  // as the medium holds it, whatever happens
  change *pending;
  int pending_count;
  int pending_capacity;
  shared_memory *memory;
  int shared_locks;   // handles that hold SHARED or more
  handle *reserved;   // the one that holds RESERVED or more
  bool is_pending;    // the reserved one waits for, or has, EXCLUSIVE: no new readers
} inode;

// What a path means. The first version is durable; after a power cut it may be any of them. NULL: no file.
typedef struct {
  char *path;
  inode *versions[MAXIMUM_VERSIONS];
  int version_count;
} name;

typedef struct {
  int kind;  // -1: any
  int64_t countdown;
  bool for_ever;
  bool is_full;
  char suffix[64];
} failure;

struct fieldgate_disk {
  sqlite3_vfs vfs;
  char vfs_name[48];
  int references;  // the owner and each open handle
  uint64_t seed;
  uint64_t random;
  uint64_t operation_total;
  uint64_t generation;  // grows at each death of the process; handles of older ones are dead
  uint64_t inode_total;
  name *names;
  int name_count;
  int name_capacity;
  int64_t capacity;
  int64_t milliseconds;
  int64_t stop_countdown;
  bool is_stopped;
  bool is_read_only;
  bool ignores_sync;
  failure failures[MAXIMUM_FAILURES];
  int failure_count;
  uint64_t operations[FIELDGATE_DISK_KINDS];
  uint64_t injected[FIELDGATE_DISK_KINDS];
  uint64_t bytes_read;
  uint64_t bytes_written;
  void (*sleep)(void *, int);
  void *sleep_context;
};

struct handle {
  sqlite3_file base;
  fieldgate_disk *disk;
  inode *file;
  uint64_t generation;
  int lock;
  bool deletes_on_close;
  bool syncs_directory;  // with its next sync
  shared_memory *memory;
  uint16_t shared_slots;
  uint16_t exclusive_slots;
};

// memory (disk_memory.c)
void *disk_allocate(size_t count);
void *disk_resize(void *memory, size_t count);
char *disk_copy_text(const char *text);
void buffer_resize(buffer *buffer, int64_t count);
void buffer_write(buffer *buffer, int64_t offset, const uint8_t *bytes, int64_t count);
void buffer_copy(buffer *to, const buffer *from);

// randomness (disk_random.c)
uint64_t disk_mix(uint64_t value);
uint64_t disk_random(fieldgate_disk *disk);
uint64_t disk_random_below(fieldgate_disk *disk, uint64_t limit);
void disk_seed_thread(const fieldgate_disk *disk);

// files (disk_files.c)
inode *inode_make(fieldgate_disk *disk, const char *label);
void inode_release(inode *file);
void inode_write(fieldgate_disk *disk, inode *file, int64_t offset, const uint8_t *bytes, int64_t count);
void inode_truncate(inode *file, int64_t count);
void inode_apply(inode *file, const change *change);
void inode_forget_pending(inode *file);
void inode_sync(inode *file);

// names (disk_names.c)
name *disk_find(const fieldgate_disk *disk, const char *path);
inode *disk_lookup(const fieldgate_disk *disk, const char *path);
void disk_bind(fieldgate_disk *disk, const char *path, inode *file);
void disk_sync_directory(fieldgate_disk *disk, const char *path);
bool disk_is_durable_name(const fieldgate_disk *disk, const inode *file);
void name_fix(name *name, int version);
void disk_remove_empty_names(fieldgate_disk *disk);

// faults (disk_faults.c)
int disk_begin(fieldgate_disk *disk, int kind, const char *path);

// shared memory and locks (vfs_locks.c)
void memory_release(shared_memory *memory);
int handle_lock(sqlite3_file *file, int level);
int handle_unlock(sqlite3_file *file, int level);
int handle_check_reserved(sqlite3_file *file, int *is_reserved);
int handle_map(sqlite3_file *file, int region, int size, int extends, void volatile **address);
int handle_lock_slots(sqlite3_file *file, int first, int count, int flags);
void handle_barrier(sqlite3_file *file);
int handle_unmap(sqlite3_file *file, int deletes);

// SQLite's calls (vfs_file.c, vfs.c)
bool handle_is_dead(const handle *handle);
void disk_drop_reference(fieldgate_disk *disk);
extern const sqlite3_io_methods disk_file_methods;

#endif
