/// The version of Fieldgate's programs. It stands nowhere else: `--version`, messages, manual pages and packages take it
/// from here.
public enum ProgramVersion {
  /// Semantic Versioning, without a leading `v`.
  public static let current = "0.1.0"
}
