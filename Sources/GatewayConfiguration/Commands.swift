public import GatewayCore
public import RuleEngine
import Telemetry

extension CommandTag {
  /// A tag as the configuration describes it.
  public init(_ tag: TagSettings) {
    self.init(
      name: tag.definition.name, point: tag.point, scaling: tag.definition.scaling, unit: tag.definition.unit,
      limits: tag.write, names: tag.treatment.scaleFactor == nil ? tag.definition.names : [],
      scaleFactor: tag.treatment.scaleFactor)
  }
}

extension CommandValue {
  /// What a rule writes.
  public init(_ value: WriteAction.Value) {
    switch value {
    case .flag(let flag): self = .flag(flag)
    case .number(let number): self = .number(number)
    case .text(let text): self = .text(text)
    }
  }
}
