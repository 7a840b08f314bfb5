import Foundation
import Telemetry

/// The clock that the faulty server also reads.
enum MonotonicNow {
  static var nanoseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  static func sleep(until end: MonotonicTime) {
    let left = end.nanoseconds - nanoseconds
    if left > 0 { usleep(UInt32(clamping: (left + 999) / 1_000)) }
  }
}
