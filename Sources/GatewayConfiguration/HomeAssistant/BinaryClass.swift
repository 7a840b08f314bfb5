/// Home Assistant's device classes of things that are on or off (version 2024.3.3; a test compares them with its own).
public enum BinaryClass {
  /// Of sensors.
  public static let sensors: [String] = [
    "battery", "battery_charging", "carbon_monoxide", "cold", "connectivity", "door", "garage_door", "gas", "heat",
    "light", "lock", "moisture", "motion", "moving", "occupancy", "opening", "plug", "power", "presence", "problem",
    "running", "safety", "smoke", "sound", "tamper", "update", "vibration", "window",
  ]
  /// Of switches.
  public static let switches: [String] = ["outlet", "switch"]
}
