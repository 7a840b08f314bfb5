/// Where a scan says how far it is, for the person who waits.
public struct ScanProgress {
  /// A line that stays.
  public var note: (String) -> Void
  /// What is asked at the moment; the next one may overwrite it.
  public var step: (String) -> Void

  public init(note: @escaping (String) -> Void, step: @escaping (String) -> Void) {
    self.note = note
    self.step = step
  }
}
