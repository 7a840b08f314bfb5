import FoundationEssentials
import Glibc
import JSONText
import LocalAPI

/// The technician's questions to a running daemon, and their answers as text or as the daemon's own JSON.
public struct GatewayClient: ~Copyable {
  /// Where the daemon listens unless its configuration says otherwise.
  public static let defaultSocket = "/run/fieldgate/gateway.sock"

  /// One line for the person who asked.
  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  private let connection: LocalAPIClient
  let printsJSON: Bool
  let output: (String) -> Void

  /// - Parameter output: takes whole lines, without their line break.
  public init(socket: String, json: Bool, output: @escaping (String) -> Void) throws {
    connection = try LocalAPIClient(path: socket)
    printsJSON = json
    self.output = output
  }

  /// Whether a daemon is there to be asked. One that this user may not talk to is there, too.
  public static func isServed(socket: String) -> Bool {
    if (try? LocalAPIClient(path: socket)) != nil { return true }
    return access(socket, R_OK | W_OK) != 0 && errno == EACCES
  }

  public func status() throws {
    try ask("status")
    let (line, text) = try answer()
    if printsJSON { return output(text) }
    guard let status = line.status else { throw Failure(description: "the daemon answered something else") }
    for line in StatusText(status: status).lines { output(line) }
  }

  /// What the outbox holds, how long it lasts, what it lost, and what the link cost.
  public func outbox() throws {
    try ask("outbox")
    let (line, text) = try answer()
    if printsJSON { return output(text) }
    guard let outbox = line.outbox else { throw Failure(description: "the daemon answered something else") }
    for line in OutboxText(outbox: outbox).lines { output(line) }
  }

  /// Lets the daemon apply its changed file.
  ///
  /// - Parameter isDryRun: only says what would change.
  /// - Returns: whether the file is good, and was applied unless it was a dry run.
  public func reload(isDryRun: Bool) throws -> Bool {
    try connection.send(
      JSONWriter.text {
        $0.object { json in
          json.member("request", "reload")
          json.member("check", isDryRun)
        }
      })
    // It waits for the disk and for reloads before it.
    let (line, text) = try answer(timeout: .seconds(120))
    guard let reload = line.reload else { throw Failure(description: "the daemon answered something else") }
    if printsJSON {
      output(text)
    } else {
      for line in reload.text { output(line) }
    }
    return reload.good
  }

  /// The requests that the daemon sends, and how busy they keep its buses.
  public func plan() throws {
    try ask("plan")
    let (line, text) = try answer()
    if printsJSON { return output(text) }
    guard let plan = line.plan else { throw Failure(description: "the daemon answered something else") }
    for line in PlanText(plan: plan).lines { output(line) }
  }

  /// The newest value of each tag, once.
  public func values(_ tags: [String]) throws {
    try ask("values", tags)
    while true {
      let (line, text) = try answer()
      if line.end != nil { return }
      show(line, text)
    }
  }

  /// Values as they are read, until `limit` scans have been shown (nil: until the daemon or the person stops).
  public func tail(_ tags: [String], limit: Int?) throws {
    try ask("tail", tags)
    var shown = 0
    while shown < limit ?? .max {
      let (line, text) = try answer(timeout: nil)
      show(line, text)
      if line.scan != nil { shown += 1 }
    }
  }

  /// One request with members of its own.
  func send(_ request: String, _ members: (inout JSONWriter) -> Void) throws {
    let line = JSONWriter.text { json in
      json.object { json in
        json.member("request", request)
        members(&json)
      }
    }
    try connection.send(line)
  }

  private func ask(_ request: String, _ tags: [String] = []) throws {
    let line = JSONWriter.text { json in
      json.object { json in
        json.member("request", request)
        guard !tags.isEmpty else { return }
        json.array("tags") { json in for tag in tags { json.string(tag) } }
      }
    }
    try connection.send(line)
  }

  func answer(timeout: Duration? = .seconds(10)) throws -> (line: DaemonLine, text: String) {
    guard let text = try connection.readLine(timeout: timeout) else {
      throw Failure(description: "the daemon closed the connection; see: journalctl -u fieldgate")
    }
    let line: DaemonLine
    do {
      line = try JSONDecoder().decode(DaemonLine.self, from: Data(text.utf8))
    } catch {
      throw Failure(
        description: "cannot read the daemon's answer (\(error)); is fieldgate of the same version as fieldgated?")
    }
    if let refusal = line.error { throw Failure(description: refusal.message) }
    return (line, text)
  }

  private func show(_ line: DaemonLine, _ text: String) {
    if printsJSON { return output(text) }
    if let scan = line.scan { output(Self.text(scan)) }
    if let alarm = line.alarm {
      output(
        "\(Self.clock(alarm.time))  ALARM \(alarm.alarm) \(alarm.transition) (\(alarm.severity)): \(alarm.message)")
    }
  }

  /// `12:31:05.250  boiler  supply_temp 71.3 °C  pump on`
  private static func text(_ scan: DaemonLine.Scan) -> String {
    let values = scan.values.sorted { $0.key < $1.key }.map { name, value in
      let unit = scan.units?[name].map { " \($0)" } ?? ""
      let label = scan.labels?[name]
      let shown = label.map { $0 == value.text ? $0 : "\($0) (\(value.text))" } ?? value.text
      if let reason = scan.reasons?[name] {
        if case .none = value { return "\(name) — (\(reason))" }
        return "\(name) \(shown)\(unit) (\(reason))"
      }
      return "\(name) \(shown)\(unit)"
    }
    return "\(clock(scan.time))  \(scan.device)  \(values.joined(separator: "  "))"
  }

  /// The time of day of an RFC 3339 time, in UTC as it stands there.
  private static func clock(_ time: String) -> String {
    guard let start = time.firstIndex(of: "T") else { return time }
    return String(time[time.index(after: start)...])
  }
}
