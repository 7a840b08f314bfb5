/// Lengths of time as commands and configurations write them.
public enum TimeText {
  /// Reads `250ms`, `20s`, `5m`, `1h`, `1d`: a whole number, 1 to 1000000, and a unit.
  ///
  /// - Throws: ``TestKitError`` that shows the form.
  public static func parse(_ text: String) throws(TestKitError) -> Duration {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    if let number = Int(digits), (1...1_000_000).contains(number) {
      switch text.dropFirst(digits.count) {
      case "ms": return .milliseconds(number)
      case "s": return .seconds(number)
      case "m": return .seconds(number * 60)
      case "h": return .seconds(number * 3_600)
      case "d": return .seconds(number * 86_400)
      default: break
      }
    }
    throw TestKitError("'\(text)' is no length of time; write it as 250ms, 20s, 5m, 1h or 1d")
  }
}
