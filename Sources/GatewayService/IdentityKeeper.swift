import GatewayConfiguration
import GatewayCore
import GatewayIdentity
import GatewayRuntime
import HTTPClient
import Logging
import PKI
import Synchronization
import Telemetry
import Threads

/// Renews this gateway's certificate (docs/identity.md): carries out what ``RenewalMachine`` decides, on a thread of its own,
/// and says when other files are in use, be it by a renewal or by `fieldgate enroll`.
final class IdentityKeeper: IdentityObserver, @unchecked Sendable {  // the thread is set before any other looks
  private enum Order: Sendable {
    case follow(CentralSettings?)
    case stop
  }

  private let orders = Mailbox<Order>(capacity: 8)
  private let shown: Mutex<RenewalReport?>
  private let isStopping = Atomic(false)
  private let onChange: @Sendable () -> Void
  private let log: Logger
  private let gateway: String
  private var thread: NamedThread?

  /// - Parameter onChange: called on the keeper's thread when other files are in use from now on.
  init(gateway: String, settings: CentralSettings?, log: Logger, onChange: @escaping @Sendable () -> Void) {
    self.gateway = gateway
    self.log = log
    self.onChange = onChange
    let worker = Self.worker(settings, gateway)
    shown = Mutex(worker?.report)
    orders.send(.follow(settings))
  }

  var report: RenewalReport? { shown.withLock { $0 } }

  func start() {
    thread = NamedThread("identity") { [self] in run() }
  }

  /// Another configuration is in use.
  func follow(_ settings: CentralSettings?) { orders.send(.follow(settings), always: true) }

  func stop() {
    isStopping.store(true, ordering: .relaxed)
    orders.send(.stop, always: true)
    thread?.join()
    thread = nil
  }

  private static func worker(_ settings: CentralSettings?, _ gateway: String) -> IdentityWorker? {
    guard let settings, let identity = settings.identity else { return nil }
    return IdentityWorker(
      directory: IdentityDirectory(identity), client: ESTClient(url: settings.url, proxy: settings.proxy),
      lateURL: settings.lateRenewal, gateway: gateway)
  }

  private func run() {
    var worker: IdentityWorker?
    var wait: Duration? = .zero
    while true {
      for order in orders.receive(timeout: wait) {
        switch order {
        case .stop: return
        case .follow(let settings):
          worker = Self.worker(settings, gateway)
          worker?.client.isCancelled = { [self] in isStopping.load(ordering: .relaxed) }
        }
      }
      wait = worker?.turn(log, onChange)
      shown.withLock { $0 = worker?.report }
    }
  }
}
