import Foundation
import Testing

@Suite("Layers")
struct LayerTests {
  /// `import A`, `public import A`, `@testable import A`, `import struct A.B`
  private static func imports(of file: SourceTree.File) -> [(line: Int, module: String)] {
    file.lines.enumerated().compactMap { index, line in
      var words = line.split(separator: " ").map(String.init)
      while let first = words.first,
        first.hasPrefix("@") || ["public", "package", "internal", "private"].contains(first)
      {
        words.removeFirst()
      }
      guard words.first == "import", words.count > 1 else { return nil }
      let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
      return (index + 1, String(name.prefix { $0 != "." }))
    }
  }

  @Test("Imports follow the layer table")
  func imports() {
    var checked = 0
    for file in SourceTree.sources {
      guard let row = LayerTable.rows.first(where: { $0.target == file.target }) else {
        Issue.record("\(file.path): the target \(file.target) is not in the layer table")
        continue
      }
      let allowed = row.mayImport.union(row.isPure ? [] : LayerTable.ofTheSystem)
      for (line, module) in Self.imports(of: file) {
        checked += 1
        #expect(allowed.contains(module), "\(file.path):\(line): \(row.target) (\(row.layer)) may not import \(module)")
      }
    }
    #expect(checked > 300)
  }

  @Test("Lower rows never import upper rows")
  func order() {
    for (index, row) in LayerTable.rows.enumerated() {
      for module in row.mayImport {
        guard let other = LayerTable.rows.firstIndex(where: { $0.target == module }) else { continue }
        #expect(other < index, "\(row.target) may import \(module), which stands below it in the table")
      }
    }
  }

  @Test("Every target with sources is in the table, and every row has sources")
  func completeness() {
    #expect(Set(SourceTree.sources.map(\.target)) == Set(LayerTable.rows.map(\.target)))
  }

  @Test("CONTRIBUTING.md shows the same table")
  func document() throws {
    let text = try SourceTree.read("CONTRIBUTING.md")
    for row in LayerTable.rows {
      let names = row.mayImport.sorted().map { "`\($0)`" }.joined(separator: " ")
      let line =
        "| \(row.layer)\(row.isPure ? " (pure)" : "") | `\(row.target)` | \(names.isEmpty ? "nothing" : names) |"
      #expect(text.contains(line), "CONTRIBUTING.md has no line: \(line)")
    }
  }

  @Test("No gateway target links Foundation, NIO or Hummingbird")
  func frugality() {
    let central: Set = ["CentralService", "fieldgate-central"]
    for file in SourceTree.sources where !central.contains(file.target) {
      for (line, module) in Self.imports(of: file) {
        let isHeavy = module == "Foundation" || module.hasPrefix("NIO") || module.hasPrefix("Hummingbird")
        #expect(!isHeavy, "\(file.path):\(line): \(module)")
      }
    }
  }
}
