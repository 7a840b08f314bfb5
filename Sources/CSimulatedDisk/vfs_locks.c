// Locks of files, and the shared memory of write-ahead logs, between the connections of one process.
#include <stdlib.h>

#include "disk_state.h"

void memory_release(shared_memory *memory) {
  if (--memory->references > 0) return;
  for (int index = 0; index < memory->region_count; index++) free(memory->regions[index]);
  free(memory->regions);
  free(memory);
}

static int lock_exclusively(handle *handle) {
  inode *file = handle->file;
  if (file->reserved && file->reserved != handle) return SQLITE_BUSY;
  file->reserved = handle;
  file->is_pending = true;
  if (file->shared_locks > 1) {
    // Readers that are inside may finish, new ones stay out, as with the unix VFS.
    handle->lock = SQLITE_LOCK_PENDING;
    return SQLITE_BUSY;
  }
  handle->lock = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

int handle_lock(sqlite3_file *base, int level) {
  handle *handle = (struct handle *)base;
  inode *file = handle->file;
  if (handle_is_dead(handle)) return SQLITE_IOERR_LOCK;
  disk_seed_thread(handle->disk);
  if (handle->lock >= level) return SQLITE_OK;
  switch (level) {
    case SQLITE_LOCK_SHARED:
      if (file->is_pending) return SQLITE_BUSY;
      file->shared_locks++;
      break;
    case SQLITE_LOCK_RESERVED:
      if (file->reserved) return SQLITE_BUSY;
      file->reserved = handle;
      break;
    default:
      return lock_exclusively(handle);
  }
  handle->lock = level;
  return SQLITE_OK;
}

int handle_unlock(sqlite3_file *base, int level) {
  handle *handle = (struct handle *)base;
  inode *file = handle->file;
  if (handle_is_dead(handle)) return SQLITE_IOERR_UNLOCK;
  if (handle->lock <= level) return SQLITE_OK;
  if (file->reserved == handle) {
    file->reserved = NULL;
    file->is_pending = false;
  }
  if (level == SQLITE_LOCK_NONE) file->shared_locks--;
  handle->lock = level;
  return SQLITE_OK;
}

int handle_check_reserved(sqlite3_file *base, int *is_reserved) {
  handle *handle = (struct handle *)base;
  if (handle_is_dead(handle)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
  *is_reserved = handle->file->reserved != NULL;
  return SQLITE_OK;
}

static void add_region(shared_memory *memory, int size) {
  size_t count = (size_t)memory->region_count + 1;
  memory->regions = disk_resize(memory->regions, count * sizeof *memory->regions);
  memory->regions[memory->region_count++] = disk_allocate((size_t)size);
}

int handle_map(sqlite3_file *base, int region, int size, int extends, void volatile **address) {
  handle *handle = (struct handle *)base;
  inode *file = handle->file;
  *address = NULL;
  if (handle_is_dead(handle)) return SQLITE_IOERR_SHMMAP;
  if (!handle->memory) {
    // The -shm file could not be made.
    if (!file->memory && handle->disk->is_read_only) return SQLITE_CANTOPEN;
    if (!file->memory) {
      file->memory = disk_allocate(sizeof *file->memory);
      file->memory->references = 1;
    }
    handle->memory = file->memory;
    handle->memory->references++;
  }
  if (region >= handle->memory->region_count && !extends) return SQLITE_OK;
  while (region >= handle->memory->region_count) add_region(handle->memory, size);
  *address = handle->memory->regions[region];
  return SQLITE_OK;
}

static void unlock_slot(handle *handle, int slot) {
  uint16_t bit = (uint16_t)(1u << slot);
  if (handle->shared_slots & bit) handle->memory->shared[slot]--;
  if (handle->exclusive_slots & bit) handle->memory->exclusive[slot] = false;
  handle->shared_slots &= (uint16_t)~bit;
  handle->exclusive_slots &= (uint16_t)~bit;
}

static bool slot_is_free(const handle *handle, int slot, bool exclusively) {
  const shared_memory *memory = handle->memory;
  uint16_t bit = (uint16_t)(1u << slot);
  bool is_mine = handle->exclusive_slots & bit;
  int others = memory->shared[slot] - ((handle->shared_slots & bit) ? 1 : 0);
  return (!memory->exclusive[slot] || is_mine) && (!exclusively || others == 0);
}

static void lock_slot(handle *handle, int slot, bool exclusively) {
  uint16_t bit = (uint16_t)(1u << slot);
  if (exclusively) {
    handle->memory->exclusive[slot] = true;
    handle->exclusive_slots |= bit;
  } else if (!(handle->shared_slots & bit)) {
    handle->memory->shared[slot]++;
    handle->shared_slots |= bit;
  }
}

int handle_lock_slots(sqlite3_file *base, int first, int count, int flags) {
  handle *handle = (struct handle *)base;
  if (handle_is_dead(handle) || !handle->memory) return SQLITE_IOERR_SHMLOCK;
  disk_seed_thread(handle->disk);
  bool exclusively = flags & SQLITE_SHM_EXCLUSIVE;
  for (int slot = first; slot < first + count && (flags & SQLITE_SHM_LOCK); slot++) {
    if (!slot_is_free(handle, slot, exclusively)) return SQLITE_BUSY;
  }
  for (int slot = first; slot < first + count; slot++) {
    if (flags & SQLITE_SHM_UNLOCK) {
      unlock_slot(handle, slot);
    } else {
      lock_slot(handle, slot, exclusively);
    }
  }
  return SQLITE_OK;
}

void handle_barrier(sqlite3_file *base) {
  (void)base;
  __sync_synchronize();
}

// Also the way out of dead handles: the memory is theirs until here.
int handle_unmap(sqlite3_file *base, int deletes) {
  (void)deletes;
  handle *handle = (struct handle *)base;
  shared_memory *memory = handle->memory;
  if (!memory) return SQLITE_OK;
  for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++) unlock_slot(handle, slot);
  handle->memory = NULL;
  inode *file = handle->file;
  memory_release(memory);
  // As with the unix VFS, whoever maps it first afterwards finds it empty and recovers it from the log.
  if (file->memory == memory && memory->references == 1) {
    memory_release(memory);
    file->memory = NULL;
  }
  return SQLITE_OK;
}
