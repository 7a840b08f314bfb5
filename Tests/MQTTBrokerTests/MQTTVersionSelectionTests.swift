import Testing

@testable import MQTTBroker

@Suite("Choice of the protocol's version")
struct MQTTVersionSelectionTests {
  typealias End = MQTTVersionSelection.End

  @Test(
    "The next attempt speaks what the last ones suggest",
    arguments: [
      (MQTTVersionChoice.automatic, [End.answered, .answered], MQTTVersion.version5),
      (.automatic, [.versionRefused], .version311),
      (.automatic, [.versionRefused, .answered], .version311),
      (.automatic, [.noAnswer], .version311),
      (.automatic, [.noAnswer, .noAnswer], .version5),
      (.only(.version5), [.versionRefused, .noAnswer], .version5),
      (.only(.version311), [.versionRefused, .noAnswer], .version311),
    ])
  func table(_ choice: MQTTVersionChoice, _ ends: [End], _ expected: MQTTVersion) {
    var selection = MQTTVersionSelection(choice)
    for end in ends { _ = selection.ended(end) }
    #expect(selection.current == expected)
  }

  @Test("Only a refusal of version 5 by name is answered without waiting")
  func hurry() {
    var selection = MQTTVersionSelection(.automatic)
    let hurries = [End.versionRefused, .versionRefused, .noAnswer].map { selection.ended($0) }
    #expect(hurries == [true, false, false])
  }
}
