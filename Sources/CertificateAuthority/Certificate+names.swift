import COpenSSL
import Glibc
public import PKI

extension Certificate {
  /// The DNS names and addresses for which a server's certificate was made.
  ///
  /// - Throws: when it has none.
  public func serverNames() throws(CertificateError) -> [ServerName] {
    var names: [ServerName] = []
    let stack = X509_get_ext_d2i(handle, NID_subject_alt_name, nil, nil).map { OpaquePointer($0) }
    defer { GENERAL_NAMES_free(stack) }
    for index in 0..<max(0, OPENSSL_sk_num(stack)) {
      guard let item = OPENSSL_sk_value(stack, index) else { continue }
      let name = item.assumingMemoryBound(to: GENERAL_NAME.self).pointee
      let text = name.type == GEN_DNS ? name.d.dNSName : name.type == GEN_IPADD ? name.d.iPAddress : nil
      guard let text, let data = ASN1_STRING_get0_data(text) else { continue }
      let bytes = UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(text)))
      if name.type == GEN_DNS {
        names.append(try ServerName(String(decoding: bytes, as: UTF8.self)))
      } else {
        var buffer = [CChar](repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16,
          inet_ntop(family, bytes.baseAddress, &buffer, socklen_t(buffer.count)) != nil
        else { continue }
        names.append(
          try ServerName(
            String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)))
      }
    }
    guard !names.isEmpty else { throw CertificateError("it names no host") }
    return names
  }
}
