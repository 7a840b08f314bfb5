import Glibc

/// A bounded queue with one reader thread: senders never block, the reader waits with a deadline.
public final class Mailbox<Message: Sendable>: @unchecked Sendable {  // every stored property is used under the mutex
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var messages: [Message] = []
  private var dropped = 0
  private let capacity: Int

  public init(capacity: Int) {
    self.capacity = capacity
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Deadlines must not move with the wall clock.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// False, and counted, when the queue is full. `always` sends past the limit: for the few messages that end something.
  @discardableResult
  public func send(_ message: Message, always: Bool = false) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard always || messages.count < capacity else {
      dropped += 1
      return false
    }
    messages.append(message)
    pthread_cond_signal(condition)
    return true
  }

  /// All that waits, at once; empty after `timeout` (nil: waits for ever).
  public func receive(timeout: Duration?) -> [Message] {
    var deadline = timespec()
    if let timeout {
      clock_gettime(CLOCK_MONOTONIC, &deadline)
      let bounded = min(max(timeout, .zero), .seconds(86_400)).components
      deadline.tv_sec += Int(bounded.seconds)
      deadline.tv_nsec += Int(bounded.attoseconds / 1_000_000_000)
      if deadline.tv_nsec >= 1_000_000_000 {
        deadline.tv_sec += 1
        deadline.tv_nsec -= 1_000_000_000
      }
    }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while messages.isEmpty {
      if timeout == nil {
        pthread_cond_wait(condition, mutex)
      } else if pthread_cond_timedwait(condition, mutex, &deadline) != 0 {
        break
      }
    }
    defer { messages.removeAll(keepingCapacity: messages.count <= 64) }
    return messages
  }

  /// Messages refused so far because the queue was full.
  public var droppedCount: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return dropped
  }
}
