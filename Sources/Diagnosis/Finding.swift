/// One line of the diagnosis: what was looked at, what was found, and what to do next.
public struct Finding: Hashable, Sendable {
  public enum Area: String, Sendable, CaseIterable {
    case configuration, daemon, bus, device, broker, central, certificates, disk, clock
  }

  public var area: Area
  /// The bus or device; nil where there is only one.
  public var subject: String?
  public var verdict: Verdict
  /// In plain words, without a full stop.
  public var text: String
  /// The next step; nil when there is none to take.
  public var next: String?

  public init(_ area: Area, _ verdict: Verdict, _ text: String, next: String? = nil) {
    self.init(area, nil, verdict, text, next: next)
  }

  public init(_ area: Area, _ subject: String?, _ verdict: Verdict, _ text: String, next: String? = nil) {
    self.area = area
    self.subject = subject
    self.verdict = verdict
    self.text = text
    self.next = next
  }

  /// `bus rs485`
  var place: String { subject.map { "\(area.rawValue) \($0)" } ?? area.rawValue }

  /// Messages of the daemon say what happened, then, behind the last semicolon, what to do.
  static func told(_ area: Area, _ subject: String?, _ verdict: Verdict, _ message: String) -> Self {
    guard let mark = message.lastIndex(of: ";") else { return Self(area, subject, verdict, message) }
    let advice = message[message.index(after: mark)...].drop { $0 == " " }
    return Self(area, subject, verdict, String(message[..<mark]), next: String(advice))
  }
}
