import CLinux
import Glibc

/// An operating-system thread for work that blocks: a serial line, the disk, a C library's loop.
///
/// Such work never runs on Swift's cooperative pool, which has as many threads as cores and expects each to move on.
public final class NamedThread: @unchecked Sendable {  // the handle is written once, before any other thread sees it
  private var handle = pthread_t()
  private let name: String
  private let body: @Sendable () -> Void

  /// Half a MiB: our deepest calls (TLS handshakes, zstd) take under 100 KiB, and the default of 8 MiB counts
  /// against limits on address space.
  public static let stackBytes = 512 << 10

  /// Starts at once.
  ///
  /// - Parameter name: at most 15 bytes are shown by `ps -T` and `top -H`.
  public init(_ name: String, body: @escaping @Sendable () -> Void) {
    self.name = String(name.prefix(15))
    self.body = body
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    let context = Unmanaged.passRetained(self)
    let result = pthread_create(
      &handle, &attributes,
      { pointer in
        guard let pointer else { return nil }
        let thread = Unmanaged<NamedThread>.fromOpaque(pointer).takeRetainedValue()
        fieldgate_set_thread_name(thread.name)
        thread.body()
        return nil
      }, context.toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(result == 0, "cannot start thread \(name): \(String(cString: strerror(result)))")
  }

  /// Waits for the end of the body. Call it once.
  public func join() {
    pthread_join(handle, nil)
  }
}
