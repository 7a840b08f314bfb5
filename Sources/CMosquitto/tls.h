// A TLS context of our own for libmosquitto. Its own settings would do, but it keeps to itself why a certificate was not
// accepted, and a technician needs to know whether it is the CA, the name or the clock.
#pragma once
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What verification found last: an X509_V_ERR_ code, or 0.
struct fieldgate_tls_finding {
  int code;
};

static inline int fieldgate_tls_verify(int is_good, X509_STORE_CTX *store) {
  if (!is_good) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct fieldgate_tls_finding *finding = ssl ? SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)) : NULL;
    if (finding) finding->code = X509_STORE_CTX_get_error(store);
  }
  return is_good;
}

// TLS 1.2 or newer, the server's certificate and its name verified. `authority` may be NULL for the system's CAs,
// `certificate` and `key` may both be NULL. Returns NULL with the name of what failed in `failed`: "authority",
// "certificate", "key", "pair" or "context"; the cause is in OpenSSL's error queue. `finding` must outlive the context.
static inline SSL_CTX *fieldgate_tls_context(const char *host, const char *authority, const char *certificate,
                                             const char *key, struct fieldgate_tls_finding *finding,
                                             const char **failed) {
  ERR_clear_error();
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  *failed = "context";
  if (!context) return NULL;
  SSL_CTX_set_app_data(context, finding);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, fieldgate_tls_verify);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param(context);
  unsigned char address[16];
  int is_address = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
  int is_good = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                (is_address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
                            : X509_VERIFY_PARAM_set1_host(parameters, host, 0)) == 1;
  if (is_good) {
    *failed = "authority";
    is_good = authority ? SSL_CTX_load_verify_file(context, authority) : SSL_CTX_set_default_verify_paths(context);
  }
  if (is_good && certificate && key) {
    *failed = "certificate";
    is_good = SSL_CTX_use_certificate_chain_file(context, certificate) == 1;
    if (is_good) {
      *failed = "key";
      is_good = SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
    }
    if (is_good) {
      *failed = "pair";
      is_good = SSL_CTX_check_private_key(context) == 1;
    }
  }
  if (is_good) return context;
  SSL_CTX_free(context);
  return NULL;
}

// The oldest error in OpenSSL's queue, as a static text; NULL when there is none.
static inline const char *fieldgate_tls_reason(void) {
  unsigned long code = ERR_peek_error();
  return code ? ERR_reason_error_string(code) : NULL;
}

static inline void fieldgate_tls_free(SSL_CTX *context) { SSL_CTX_free(context); }
static inline const char *fieldgate_tls_finding_text(int code) { return X509_verify_cert_error_string(code); }
