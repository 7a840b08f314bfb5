#pragma once

// How often this thread has asked for memory since it began. For tests and benchmarks only: a program that this target is
// linked into has malloc, calloc, realloc and their like from here, which count and call those of glibc.
long fieldgate_allocations(void);
