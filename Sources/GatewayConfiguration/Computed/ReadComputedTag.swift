import TagExpressions
import TagWindows
import Telemetry

/// A computed tag of the file, on its way from text to settings.
struct ReadComputedTag {
  /// What its keys say, when that can be understood alone.
  enum Source {
    case expression(ParsedExpression, YAMLNode)
    case window(WindowSpecification, [TagName], Section)
  }

  var name: TagName
  var section: Section
  /// Of the device, for what the tag does not say itself.
  var publishing: PublishingSettings
  /// Nil when it is wrong.
  var source: Source?
  var settings: TagSettings?

  /// The tags that it names, each once.
  var references: [TagName] {
    switch source {
    case .expression(let parsed, _): parsed.references
    case .window(_, let tags, _): tags
    case nil: []
    }
  }
}
