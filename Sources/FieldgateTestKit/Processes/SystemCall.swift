import Glibc

/// Repeats a call that a signal interrupted.
func retryInterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// The text of an error number, by default that of the last failed call.
func errorText(_ number: Int32 = errno) -> String { String(cString: strerror(number)) }

/// Nanoseconds of the clock that no one sets.
func monotonicNanoseconds() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// Blocks the calling thread.
func pause(nanoseconds: Int64) {
  var rest = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  while true {
    var left = timespec()
    if nanosleep(&rest, &left) == 0 || errno != EINTR { return }
    rest = left
  }
}
