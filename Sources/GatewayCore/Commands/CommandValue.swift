/// A value as people and programs say it: in the tag's unit.
public enum CommandValue: Hashable, Sendable, CustomStringConvertible {
  case flag(Bool)
  case number(Double)
  case text(String)

  public var description: String {
    switch self {
    case .flag(let flag): flag ? "on" : "off"
    case .number(let number):
      number == number.rounded() && number.magnitude < 1e15 ? "\(Int64(number))" : "\(number)"
    case .text(let text): "'\(text)'"
    }
  }
}
