import Telemetry

extension Ticket {
  /// Reads a ticket as people paste or type it: spaces around words, empty lines, Windows line ends and upper or lower case
  /// of keys do not matter, nor do keys that later versions may add.
  ///
  /// - Throws: when the text is no ticket, or the check sum tells that something in it is mistyped.
  public init(_ text: String) throws(TicketError) {
    guard text.utf8.count <= Self.maximumBytes else {
      throw TicketError(message: "it has \(text.utf8.count) bytes, and no ticket has more than \(Self.maximumBytes)")
    }
    let fields = try TicketFields(text)
    let site = fields.value("site")
    if let site, !Self.isSite(site) { throw fields.error("site", "it is no name of a site") }
    self.init(
      gateway: try fields.required("gateway", "1 to 64 letters, digits and the signs _ - .") {
        Self.isName($0) ? $0 : nil
      },
      site: site,
      url: try fields.required("url", "https://HOST or https://HOST:PORT") { text in
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        return Self.isURL(bare) ? bare : nil
      },
      root: try fields.required("ca", "sha256: and 64 digits (0 to 9, a to f)") { Digest($0) },
      secret: try fields.required("secret", "\(EnrolmentSecret.letterCount) letters and digits, without u") {
        EnrolmentSecret($0)
      },
      expires: try fields.required("expires", "a time in UTC such as 2026-12-03T10:00:00Z") {
        Timestamp(iso8601: $0)
      },
      updateRoot: fields.value("update-root") == nil
        ? nil : try fields.required("update-root", "sha256: and 64 digits (0 to 9, a to f)") { Digest($0) })
    let typed = try fields.required("check", "four digits (0 to 9, a to f)") { text in
      let digits = text.lowercased().filter { $0 != " " }
      return digits.utf8.count == 4 && UInt16(digits, radix: 16) != nil && !digits.hasPrefix("+") ? digits : nil
    }
    guard typed == checkSum else {
      throw TicketError(
        message: "its check sum does not fit, so something in it is mistyped or left out: compare every line with the "
          + "original, or take the file or the QR code")
    }
  }
}

/// The lines of a ticket, by their keys.
private struct TicketFields {
  private var values: [String: (line: Int, text: String)] = [:]

  init(_ text: String) throws(TicketError) {
    var isTitleSeen = false
    var number = 0
    for raw in text.split(omittingEmptySubsequences: false, whereSeparator: { $0.isNewline }) {
      number += 1
      let line = Self.trimmed(raw)
      guard !line.isEmpty else { continue }
      guard isTitleSeen else {
        try Self.checkTitle(line, number)
        isTitleSeen = true
        continue
      }
      guard let colon = line.firstIndex(of: ":") else {
        throw TicketError(
          line: number, message: "'\(line.prefix(40))' has no colon: each line is a word, a colon and a value")
      }
      let key = Self.trimmed(line[..<colon]).lowercased()
      let value = Self.trimmed(line[line.index(after: colon)...])
      if let first = values[key] {
        throw TicketError(
          line: number, message: "'\(key.prefix(40))' stands a second time; the first is line \(first.line)")
      }
      values[key] = (number, String(value))
    }
    guard isTitleSeen else { throw TicketError(message: "it is empty: give the whole text that central printed") }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var rest = text
    while let first = rest.first, first.isWhitespace || first == "\u{feff}" { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return rest
  }

  private static func checkTitle(_ line: Substring, _ number: Int) throws(TicketError) {
    let words = line.lowercased().split(separator: " ")
    guard words.dropLast().joined(separator: " ") == Ticket.title, let version = words.last.map({ Int($0) }) else {
      throw TicketError(
        line: number,
        message:
          "a ticket begins with '\(Ticket.title) \(Ticket.version)', not with '\(line.prefix(40))': give the whole "
          + "text that central printed")
    }
    guard version == Ticket.version else {
      throw TicketError(
        line: number,
        message:
          "this is a ticket of another version, and this program reads version \(Ticket.version): update the gateway")
    }
  }

  func value(_ key: String) -> String? { values[key]?.text }

  /// - Parameter what: what stands there in a good ticket.
  func required<Value>(_ key: String, _ what: String, _ read: (String) -> Value?) throws(TicketError) -> Value {
    guard let text = value(key) else {
      throw TicketError(
        message: "there is no line '\(key): …', which holds \(what): give the whole text that central printed")
    }
    guard let value = read(text) else { throw error(key, "it must be \(what)") }
    return value
  }

  func error(_ key: String, _ why: String) -> TicketError {
    // A secret must not end up in logs, not even a mistyped one.
    let shown = key == "secret" ? "" : " '\(value(key)?.prefix(80) ?? "")'"
    return TicketError(line: values[key]?.line, message: "'\(key)'\(shown) is mistyped: \(why)")
  }
}
