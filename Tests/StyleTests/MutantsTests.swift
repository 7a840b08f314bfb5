import Testing

@Suite("Planted faults")
struct MutantsTests {
  /// `Scripts/mutants` takes hours, so a change that moves its places would be noticed late.
  @Test("Each text that a planted fault replaces stands exactly once in its file")
  func texts() throws {
    var (name, file) = ("", "")
    var count = 0
    for line in try SourceTree.read("Tests/Mutants/mutants.txt").split(separator: "\n").map(String.init) {
      if line.hasPrefix("== ") {
        name = String(line.dropFirst(3))
      } else if line.hasPrefix("<<< ") {
        let old = String(line.dropFirst(4))
        let found = try SourceTree.read(file).split(separator: "\n").count { $0.contains(old) }
        #expect(found == 1, "'\(name)': \(file) has this text \(found) times: \(old)")
        count += 1
      } else if !line.hasPrefix(">>> "), !line.hasPrefix("--- "), !line.hasPrefix("#") {
        file = line
      }
    }
    #expect(count >= 15)
  }
}
