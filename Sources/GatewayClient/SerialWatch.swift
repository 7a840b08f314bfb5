import GatewayConfiguration
import Glibc
import JSONText
import SerialPort
import SerialSensors
import Telemetry

/// `fieldgate serial watch`: what a port says, raw and as the configuration would read it. Publishes and stores nothing.
public struct SerialWatch {
  /// What the person asked for.
  public struct Request: Sendable {
    public var device: String
    /// Takes line settings and devices from the bus of this file that has the port.
    public var configuration: String?
    /// Instead of what the file says.
    public var baud: Int?
    public var dataBits: Int?
    /// `none`, `even` or `odd`.
    public var parity: String?
    /// A pattern to try, whose groups are shown.
    public var pattern: String?
    /// Sent once at the start.
    public var send: [UInt8] = []
    /// Ends after so many lines; nil: never.
    public var lines: Int?
    /// Ends after so long; nil: never.
    public var duration: Duration?
    public var json = false

    public init(device: String) { self.device = device }
  }

  /// Silence after which something is said about it.
  static let silence = Duration.seconds(5)

  private let request: Request
  private let output: (String) -> Void
  private let plan: SerialWatchPlan
  private var readers: [SerialWatchReader]
  private var framer: LineFramer
  private var guess = BaudGuess()
  private var shown = 0

  /// - Parameter output: takes whole lines, without their line break.
  public init(_ request: Request, output: @escaping (String) -> Void) throws {
    self.request = request
    self.output = output
    plan = try SerialWatchPlan(request)
    readers = plan.readers
    framer = LineFramer(plan.framing, isMarked: true, now: Self.now)
  }

  static var now: MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  private static var wall: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// Opens a port, or says who may have it.
  static func open(_ settings: PortSettings) throws -> SerialPort {
    do throws(PortFailure) {
      return try SerialPort(settings, waker: PortWaker())
    } catch {
      let isHeld = error.code == EWOULDBLOCK || error.code == EBUSY
      let advice =
        isHeld
        ? "the daemon, most likely: what comes over its ports shows `fieldgate status`; or stop it for a while: systemctl stop fieldgate"
        : error.advice(on: settings.device)
      throw GatewayClient.Failure(description: "cannot open \(settings.device) (\(error.text)); \(advice)")
    }
  }

  /// Shows lines until told to stop.
  public mutating func run() throws {
    let port = try Self.open(plan.port)
    if !request.json {
      output("\(plan.port.device)  \(plan.port.text)  \(plan.summary); ends with Ctrl-C")
    }
    let end = request.duration.map { Self.now + $0 } ?? .never
    do throws(PortFailure) {
      if !request.send.isEmpty {
        try port.send(request.send)
        // What comes now is the answer, from its first byte on.
        framer.restart(now: Self.now)
      }
      var lastBytes = Self.now
      while Self.now < end, shown < request.lines ?? .max {
        let bytes = try port.receive(timeout: .milliseconds(200))
        let now = Self.now
        if !bytes.isEmpty { lastBytes = now }
        guess.take(bytes)
        framer.take(bytes, now: now)
        framer.expire(now: now)
        while let line = framer.next(), shown < request.lines ?? .max { show(line) }
        if now - lastBytes >= Self.silence {
          lastBytes = now
          remark(
            "nothing came for 5 s: check power and cable (RX and TX crossed?), or whether it wants to be asked (--send)"
          )
        }
        hintAtTimes()
      }
    } catch {
      throw GatewayClient.Failure(
        description: "lost \(plan.port.device) (\(error.text)); check the adapter and its cable")
    }
    if let hint = guess.hint { remark(hint) }
  }

  /// About settings, once in 512 bytes.
  private mutating func hintAtTimes() {
    guard guess.bytes >= 512 else { return }
    if let hint = guess.hint { remark(hint) }
    guess = BaudGuess()
  }

  private func remark(_ text: String) {
    if request.json {
      output(JSONWriter.text { $0.object { $0.member("hint", text) } })
    } else {
      output("! \(text)")
    }
  }

  private mutating func show(_ line: FramedLine) {
    shown += 1
    var found: (reader: Int, outcome: MessageOutcome)?
    for index in readers.indices where found == nil && !line.isDamaged {
      let outcome = readers[index].reader.read(line.bytes)
      if outcome != .notMine { found = (index, outcome) }
    }
    let time = Self.wall.iso8601
    let text = ShownBytes.text(line.bytes, limit: 400)
    if request.json {
      output(
        JSONWriter.text { json in
          json.object { json in
            json.member("time", time)
            json.member("line", text)
            json.member("damaged", line.isDamaged)
            if let found { readers[found.reader].write(found.outcome, to: &json) }
          }
        })
      return
    }
    output("\(time.split(separator: "T").last ?? "")  \(text)")
    if line.isDamaged {
      output("    damaged: a parity or framing error; it would not be read")
    } else if let found {
      output("    \(readers[found.reader].text(found.outcome))")
    } else if !readers.isEmpty {
      output("    of no device")
    }
  }
}
