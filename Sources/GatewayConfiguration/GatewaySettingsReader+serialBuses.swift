import SerialSensors
import Telemetry

/// Buses of sensors that speak no Modbus.
extension GatewaySettingsReader {
  static let serialBusKeys = ["data-bits", "flow", "line-end", "max-line", "max-gap", "sdi-12"]

  /// Parity and stop bits have other defaults than with Modbus.
  mutating func serialLines(_ section: Section, _ ports: inout [String: Int]) -> BusSettings.Kind? {
    let adapters = SerialLinesSettings.SDI12Adapter.allCases.map { ($0.rawValue, $0) }
    let sdi12 = section.choice("sdi-12", adapters, &problems)
    // SDI-12 1.4, section 3.3: 1200 bits a second, 7 data bits, even parity. Adapters that take commands look like 8N1.
    let isRaw = sdi12 == .transparent
    guard
      let line = serialLine(
        section, &ports, type: "serial-lines", baud: isRaw ? 1_200 : 9_600, parity: isRaw ? .even : .none, stopBits: 1)
    else { return nil }
    var settings = SerialLinesSettings(dataBits: isRaw ? 7 : 8, sdi12: sdi12)
    settings.dataBits = section.integer("data-bits", 7...8, &problems) ?? settings.dataBits
    settings.flowControl =
      section.choice("flow", SerialLinesSettings.FlowControl.allCases.map { ($0.rawValue, $0) }, &problems) ?? .none
    settings.framing.maximumLength = section.integer("max-line", 16...65_536, &problems) ?? 1_024
    settings.framing.maximumGap =
      section.duration("max-gap", .milliseconds(10) ... .seconds(60), &problems) ?? .seconds(1)
    if let end = lineEnd(section) { settings.framing.end = end }
    return .serialLines(line, settings)
  }

  private mutating func lineEnd(_ section: Section) -> LineFraming.End? {
    guard section.has("line-end"), let node = section.value("line-end"), let text = section.text("line-end", &problems)
    else { return nil }
    switch text {
    case "auto": return .automatic
    case "pause": return .pause
    case "lf": return .text([0x0a])
    case "cr": return .text([0x0d])
    case "crlf": return .text([0x0d, 0x0a])
    default: break
    }
    guard let bytes = sentBytes("line-end", section), bytes.count <= LineFraming.maximumEndLength, isQuoted(node) else {
      problems.error(
        node, "'line-end' of \(section.title) cannot be '\(ShownBytes.text(text.utf8))'",
        hint: "known: auto, pause, lf, cr, crlf; or 1 to \(LineFraming.maximumEndLength) characters in double quotes, "
          + "for example line-end: \"\\r\\n>\"")
      return nil
    }
    return .text(bytes)
  }

  private func isQuoted(_ node: YAMLNode) -> Bool {
    if case .scalar(_, let isQuoted) = node.content { isQuoted } else { false }
  }

  /// A text as bytes for the line: each character below 256 is one byte.
  mutating func sentBytes(_ key: String, _ section: Section) -> [UInt8]? {
    guard let node = section.value(key), case .scalar(let text, _) = node.content else { return nil }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else {
        problems.error(
          node, "'\(key)' of \(section.title) has the character '\(scalar)', which is no byte",
          hint: "bytes above 127 are written \"\\x80\" to \"\\xff\"")
        return nil
      }
      bytes.append(byte)
    }
    // In single quotes and in plain text YAML leaves `\r` as two characters.
    if text.contains("\\r") || text.contains("\\n") {
      problems.warning(
        node, "'\(key)' of \(section.title) has a backslash and a letter, which are sent as they are",
        hint: "control characters need double quotes: \"\\r\\n\"")
    }
    return bytes
  }
}
