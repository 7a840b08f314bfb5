/// What is known of the unit of a part of an expression.
enum ExpressionUnit: Hashable, Sendable {
  /// A number in the text, or the result of a product.
  case unknown
  case of(String)
  /// Between two values on this scale, whose zero is no zero: `°C`, `°F`.
  case difference(String)

  /// Of a tag's unit as it is configured; empty is unknown.
  init(_ text: String) { self = text.isEmpty ? .unknown : .of(text) }

  private static let scales = ["°C", "°F"]

  /// Of a sum or a choice of two; nil when they do not go together.
  func joined(with other: Self) -> Self? {
    switch (self, other) {
    case (.unknown, let known), (let known, .unknown): known
    case (.of(let left), .of(let right)): left == right ? self : nil
    case (.difference(let left), .difference(let right)): left == right ? self : nil
    // 20 °C and 5 of a difference are 25 °C; 5 K and 5 of a difference are a difference.
    case (.difference(let scale), .of(let unit)), (.of(let unit), .difference(let scale)):
      unit == scale ? .of(unit) : unit == Self.step(scale) ? .difference(scale) : nil
    }
  }

  /// Of a difference of two.
  func reduced(by other: Self) -> Self? {
    if case .of(let unit) = self, self == other, Self.scales.contains(unit) { return .difference(unit) }
    return joined(with: other)
  }

  /// The unit of steps on a scale, where it has another name.
  private static func step(_ scale: String) -> String { scale == "°C" ? "K" : scale }

  /// The unit that a tag may be declared to have, the usual one first; empty when anything goes.
  var allowed: [String] {
    switch self {
    case .unknown: []
    case .of(let unit): [unit]
    case .difference(let scale): Self.step(scale) == scale ? [scale] : [Self.step(scale), scale]
    }
  }

  /// For messages; nil when it is unknown.
  var shown: String? {
    switch self {
    case .unknown: nil
    case .of(let unit): unit
    case .difference(let scale): "a difference of \(scale)"
    }
  }

  var isTemperature: Bool {
    switch self {
    case .unknown: false
    case .of(let unit): unit == "K" || Self.scales.contains(unit)
    case .difference: true
    }
  }
}
