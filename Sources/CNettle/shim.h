#include <nettle/sha2.h>
#include <nettle/version.h>

// Since version 4 a digest is always written whole.
static inline void finish_sha256(struct sha256_ctx *hash, uint8_t *digest) {
#if NETTLE_VERSION_MAJOR >= 4
  nettle_sha256_digest(hash, digest);
#else
  nettle_sha256_digest(hash, SHA256_DIGEST_SIZE, digest);
#endif
}
