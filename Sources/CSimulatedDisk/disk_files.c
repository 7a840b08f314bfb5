// Files apart from their names: bytes as seen, bytes as durable, and the changes between the two.
#include <stdlib.h>
#include <string.h>

#include "disk_state.h"

inode *inode_make(fieldgate_disk *disk, const char *label) {
  inode *file = disk_allocate(sizeof *file);
  file->number = ++disk->inode_total;
  file->label = disk_copy_text(label);
  return file;
}

void inode_release(inode *file) {
  if (!file || --file->references > 0) return;
  inode_forget_pending(file);
  free(file->pending);
  free(file->now.bytes);
  free(file->durable.bytes);
  free(file->label);
  if (file->memory) memory_release(file->memory);
  free(file);
}

static void add_pending(inode *file, change added) {
  if (file->pending_count == MAXIMUM_PENDING) {
    int half = MAXIMUM_PENDING / 2;
    for (int index = 0; index < half; index++) {
      inode_apply(file, &file->pending[index]);
      free(file->pending[index].bytes);
    }
    memmove(file->pending, file->pending + half, (size_t)(MAXIMUM_PENDING - half) * sizeof *file->pending);
    file->pending_count -= half;
  }
  if (file->pending_count == file->pending_capacity) {
    file->pending_capacity = file->pending_capacity ? file->pending_capacity * 2 : 16;
    file->pending = disk_resize(file->pending, (size_t)file->pending_capacity * sizeof *file->pending);
  }
  file->pending[file->pending_count++] = added;
}

void inode_write(fieldgate_disk *disk, inode *file, int64_t offset, const uint8_t *bytes, int64_t count) {
  if (count <= 0) return;
  if (offset + count > file->now.count) buffer_resize(&file->now, offset + count);
  memcpy(file->now.bytes + offset, bytes, (size_t)count);
  disk->bytes_written += (uint64_t)count;
  change added = {.offset = offset, .count = count, .bytes = disk_resize(NULL, (size_t)count)};
  memcpy(added.bytes, bytes, (size_t)count);
  add_pending(file, added);
}

void inode_truncate(inode *file, int64_t count) {
  buffer_resize(&file->now, count);
  add_pending(file, (change){.offset = count});
}

// Makes one change durable.
void inode_apply(inode *file, const change *change) {
  if (change->bytes) {
    buffer_write(&file->durable, change->offset, change->bytes, change->count);
  } else {
    buffer_resize(&file->durable, change->offset);
  }
}

void inode_forget_pending(inode *file) {
  for (int index = 0; index < file->pending_count; index++) free(file->pending[index].bytes);
  file->pending_count = 0;
}

void inode_sync(inode *file) {
  for (int index = 0; index < file->pending_count; index++) inode_apply(file, &file->pending[index]);
  inode_forget_pending(file);
}
