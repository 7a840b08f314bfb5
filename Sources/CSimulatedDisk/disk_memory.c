// Memory: allocation that does not fail, and growing buffers.
#include <stdlib.h>
#include <string.h>

#include "disk_state.h"

void *disk_allocate(size_t count) {
  void *memory = calloc(1, count ? count : 1);
  if (!memory) abort();
  return memory;
}

void *disk_resize(void *memory, size_t count) {
  void *resized = realloc(memory, count ? count : 1);
  if (!resized) abort();
  return resized;
}

char *disk_copy_text(const char *text) {
  size_t count = strlen(text) + 1;
  return memcpy(disk_allocate(count), text, count);
}

// New bytes are zero, as in a file extended by a write beyond its end.
void buffer_resize(buffer *buffer, int64_t count) {
  if (count > buffer->capacity) {
    int64_t capacity = buffer->capacity ? buffer->capacity : 8192;
    while (capacity < count) capacity *= 2;
    buffer->bytes = disk_resize(buffer->bytes, (size_t)capacity);
    buffer->capacity = capacity;
  }
  if (count > buffer->count) memset(buffer->bytes + buffer->count, 0, (size_t)(count - buffer->count));
  buffer->count = count;
}

void buffer_write(buffer *buffer, int64_t offset, const uint8_t *bytes, int64_t count) {
  if (count <= 0) return;
  if (offset + count > buffer->count) buffer_resize(buffer, offset + count);
  memcpy(buffer->bytes + offset, bytes, (size_t)count);
}

void buffer_copy(buffer *to, const buffer *from) {
  buffer_resize(to, from->count);
  if (from->count > 0) memcpy(to->bytes, from->bytes, (size_t)from->count);
}
