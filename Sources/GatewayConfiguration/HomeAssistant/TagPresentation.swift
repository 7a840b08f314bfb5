/// What the configuration says of how Home Assistant shows a tag, instead of what follows from its unit.
public struct TagPresentation: Hashable, Sendable {
  public var deviceClass: String?
  public var stateClass: SensorClass.StateClass?
  /// `mdi:NAME`.
  public var icon: String?
  /// What people read; nil: the tag's name.
  public var label: String?

  public init(
    deviceClass: String? = nil, stateClass: SensorClass.StateClass? = nil, icon: String? = nil, label: String? = nil
  ) {
    self.deviceClass = deviceClass
    self.stateClass = stateClass
    self.icon = icon
    self.label = label
  }
}
