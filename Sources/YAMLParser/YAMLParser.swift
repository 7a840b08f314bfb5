public import GatewayConfiguration

public struct LoadedConfiguration { public var settings: GatewaySettings?; public var diagnostics: [Diagnostic] }
public enum ConfigurationFile {
  public static func load(path: String) -> LoadedConfiguration { LoadedConfiguration(settings: nil, diagnostics: []) }
}
