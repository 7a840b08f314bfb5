import CLinux
import Glibc
import Threads

struct SpawnRequest: Sendable {
  var path: String
  var arguments: [String]
  /// `NAME=VALUE` lines.
  var environment: [String]
  var directory: String?
  var streams: [Int32]
}

/// Starts all children from one thread that lives as long as this process.
///
/// "Die with the parent" (PR_SET_PDEATHSIG) means the parent thread: children started from a thread of Swift's pool
/// would be killed when that thread is retired.
final class Spawner: Sendable {
  static let shared = Spawner()

  private struct Job: Sendable {
    let request: SpawnRequest
    let answer: Mailbox<Result<Int32, TestKitError>>
  }

  private let jobs = Mailbox<Job>(capacity: 1_000)

  private init() {
    let jobs = jobs
    _ = NamedThread("spawner") {
      while true {
        for job in jobs.receive(timeout: nil) { job.answer.send(Self.start(job.request)) }
      }
    }
  }

  func spawn(_ request: SpawnRequest) throws(TestKitError) -> Int32 {
    let answer = Mailbox<Result<Int32, TestKitError>>(capacity: 1)
    jobs.send(Job(request: request, answer: answer), always: true)
    guard let result = answer.receive(timeout: nil).first else { throw TestKitError("no answer from the spawner") }
    return try result.get()
  }

  private static func start(_ request: SpawnRequest) -> Result<Int32, TestKitError> {
    var arguments = request.arguments.map { strdup($0) } + [nil]
    var environment = request.environment.map { strdup($0) } + [nil]
    defer { for pointer in arguments + environment { free(pointer) } }
    var error: Int32 = 0
    let pid =
      if let directory = request.directory {
        fieldgate_spawn(request.path, &arguments, &environment, directory, request.streams, &error)
      } else {
        fieldgate_spawn(request.path, &arguments, &environment, nil, request.streams, &error)
      }
    guard pid > 0 else { return .failure(TestKitError("cannot start \(request.path): \(errorText(error))")) }
    return .success(pid)
  }
}
