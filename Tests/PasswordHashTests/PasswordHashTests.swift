import PasswordHash
import Testing

@Suite("Hashes of passwords")
struct PasswordHashTests {
  private let salt = [UInt8](repeating: 7, count: PasswordHash.saltBytes)

  @Test("Only the password itself fits, the hash names its settings, and another salt makes another hash")
  func fits() throws {
    let hash = try PasswordHash.make("correct horse battery", salt: salt)
    #expect(hash.hasPrefix("$argon2id$v=19$m=65536,t=3,p=1$"))
    #expect(PasswordHash.fits("correct horse battery", hash))
    for wrong in ["correct horse batter", "Correct horse battery", "", String(repeating: "x", count: 300)] {
      #expect(!PasswordHash.fits(wrong, hash), "\(wrong)")
    }
    #expect(try PasswordHash.make("correct horse battery", salt: salt.map { $0 + 1 }) != hash)
  }

  @Test(
    "What is no hash fits nothing", arguments: ["", "x", "$argon2id$v=19$m=65536,t=3,p=1$", "$argon2id$v=19$m=1$a$b"])
  func damaged(_ hash: String) { #expect(!PasswordHash.fits("correct horse battery", hash)) }

  @Test("A known answer of the reference program: echo -n password | argon2 somesaltsomesalt -id -t 3 -k 65536 -p 1")
  func known() throws {
    let hash = try PasswordHash.make("password", salt: Array("somesaltsomesalt".utf8))
    #expect(hash == "$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHRzb21lc2FsdA$dmStS6GjyZn83QmR/8InD3gwLSODIz215778hdG7GBk")
  }
}
