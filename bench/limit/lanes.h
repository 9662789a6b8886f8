/* AES-256 over several blocks at once: VAES with 512 or 256 bits, or plain AES-NI.
 *
 * A `vec` holds BLOCKS blocks; a group is LANES values, VECS vecs of one block a value. The code
 * above this file is the same for all three. LIMIT_AESNI forces plain AES-NI.
 */
#ifndef LIMIT_LANES_H
#define LIMIT_LANES_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#if !defined(LIMIT_AESNI) && defined(__VAES__) && defined(__VPCLMULQDQ__) && \
    defined(__AVX512F__) && defined(__AVX512BW__)
#define LIMIT_UNITS "VAES, 512 bits"
typedef __m512i vec;
enum { BLOCKS = 4, LANES = 16 };
#define V_LOAD(p) _mm512_loadu_si512((const void *)(p))
#define V_STORE(p, v) _mm512_storeu_si512((void *)(p), v)
#define V_XOR(a, b) _mm512_xor_si512(a, b)
#define V_AND(a, b) _mm512_and_si512(a, b)
#define V_ADD32(a, b) _mm512_add_epi32(a, b)
#define V_SHUFFLE(a, b) _mm512_shuffle_epi8(a, b)
#define V_SWAP_HALVES(a) _mm512_shuffle_epi32(a, 78)
#define V_SAME(x) _mm512_broadcast_i32x4(x)
#define V_ENC(a, k) _mm512_aesenc_epi128(a, k)
#define V_ENC_LAST(a, k) _mm512_aesenclast_epi128(a, k)
#define V_CLMUL(a, b, i) _mm512_clmulepi64_epi128(a, b, i)
#define V_UP64(a) _mm512_bslli_epi128(a, 8)
#define V_DOWN64(a) _mm512_bsrli_epi128(a, 8)
#define V_JOIN(p)                                                                          \
    _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_inserti128_si256(                     \
                           _mm256_castsi128_si256((p)[0]), (p)[1], 1)),                    \
                       _mm256_inserti128_si256(_mm256_castsi128_si256((p)[2]), (p)[3], 1), 1)
#elif !defined(LIMIT_AESNI) && defined(__VAES__) && defined(__VPCLMULQDQ__) && defined(__AVX2__)
#define LIMIT_UNITS "VAES, 256 bits"
typedef __m256i vec;
enum { BLOCKS = 2, LANES = 16 };
#define V_LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define V_STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define V_XOR(a, b) _mm256_xor_si256(a, b)
#define V_AND(a, b) _mm256_and_si256(a, b)
#define V_ADD32(a, b) _mm256_add_epi32(a, b)
#define V_SHUFFLE(a, b) _mm256_shuffle_epi8(a, b)
#define V_SWAP_HALVES(a) _mm256_shuffle_epi32(a, 78)
#define V_SAME(x) _mm256_broadcastsi128_si256(x)
#define V_ENC(a, k) _mm256_aesenc_epi128(a, k)
#define V_ENC_LAST(a, k) _mm256_aesenclast_epi128(a, k)
#define V_CLMUL(a, b, i) _mm256_clmulepi64_epi128(a, b, i)
#define V_UP64(a) _mm256_bslli_epi128(a, 8)
#define V_DOWN64(a) _mm256_bsrli_epi128(a, 8)
#define V_JOIN(p) _mm256_inserti128_si256(_mm256_castsi128_si256((p)[0]), (p)[1], 1)
#else
#define LIMIT_UNITS "AES-NI"
typedef __m128i vec;
enum { BLOCKS = 1, LANES = 8 };
#define V_LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define V_STORE(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define V_XOR(a, b) _mm_xor_si128(a, b)
#define V_AND(a, b) _mm_and_si128(a, b)
#define V_ADD32(a, b) _mm_add_epi32(a, b)
#define V_SHUFFLE(a, b) _mm_shuffle_epi8(a, b)
#define V_SWAP_HALVES(a) _mm_shuffle_epi32(a, 78)
#define V_SAME(x) (x)
#define V_ENC(a, k) _mm_aesenc_si128(a, k)
#define V_ENC_LAST(a, k) _mm_aesenclast_si128(a, k)
#define V_CLMUL(a, b, i) _mm_clmulepi64_si128(a, b, i)
#define V_UP64(a) _mm_slli_si128(a, 8)
#define V_DOWN64(a) _mm_srli_si128(a, 8)
#define V_JOIN(p) ((p)[0])
#endif

enum { VECS = LANES / BLOCKS, ROUNDS = 14 };

/* One block a lane, as memory and as vecs. */
typedef struct {
    _Alignas(64) __m128i at[LANES];
} blocks;

/* A key schedule, each round key in every block of a vec. */
typedef struct {
    vec round[ROUNDS + 1];
} aes_key;

INLINE __m128i load(const void *from) { return _mm_loadu_si128((const __m128i *)from); }
INLINE void store(void *to, __m128i block) { _mm_storeu_si128((__m128i *)to, block); }

/* The blocks of a group under one key. With `n` vecs; the loops unroll, so the units stay full. */
INLINE void aes(const aes_key *key, vec *x, const int n) {
#pragma GCC unroll 16
    for (int i = 0; i < n; i++) x[i] = V_XOR(x[i], key->round[0]);
#pragma GCC unroll 16
    for (int r = 1; r < ROUNDS; r++) {
#pragma GCC unroll 16
        for (int i = 0; i < n; i++) x[i] = V_ENC(x[i], key->round[r]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; i++) x[i] = V_ENC_LAST(x[i], key->round[ROUNDS]);
}

/* Joined block by block: one wide load of what narrow stores just wrote would wait for them. */
INLINE void read_blocks(vec *to, const blocks *from) {
    for (int i = 0; i < VECS; i++) to[i] = V_JOIN(from->at + i * BLOCKS);
}

INLINE void write_blocks(blocks *to, const vec *from) {
    for (int i = 0; i < VECS; i++) V_STORE(to->at + i * BLOCKS, from[i]);
}

/* One block, for preparing keys. */
static __m128i aes_once(const aes_key *key, __m128i block) {
    vec x[1] = {V_SAME(block)};
    _Alignas(64) __m128i out[BLOCKS];
    aes(key, x, 1);
    V_STORE(out, x[0]);
    return out[0];
}

INLINE __m128i spread(__m128i key, __m128i assist) {
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, assist);
}

/* The AES-256 key schedule (FIPS 197, 5.2). */
static void expand(aes_key *key, const uint8_t *bytes) {
    __m128i k[ROUNDS + 2], even = load(bytes), odd = load(bytes + 16);
    k[0] = even;
    k[1] = odd;
#define STEP(i, rcon)                                                                      \
    even = spread(even, _mm_shuffle_epi32(_mm_aeskeygenassist_si128(odd, rcon), 0xff));    \
    odd = spread(odd, _mm_shuffle_epi32(_mm_aeskeygenassist_si128(even, 0), 0xaa));        \
    k[i] = even;                                                                           \
    k[i + 1] = odd;
    STEP(2, 0x01) STEP(4, 0x02) STEP(6, 0x04) STEP(8, 0x08) STEP(10, 0x10) STEP(12, 0x20)
    STEP(14, 0x40)
#undef STEP
    for (int i = 0; i <= ROUNDS; i++) key->round[i] = V_SAME(k[i]);
}

/* Multiplication by x in GF(2^128), most significant bit first (SP 800-38B, RFC 5297). */
static __m128i doubled(__m128i block) {
    uint8_t b[16];
    store(b, block);
    const uint8_t carry = b[0] >> 7;
    for (int i = 0; i < 15; i++) b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
    b[15] = (uint8_t)(b[15] << 1 ^ (carry ? 0x87 : 0));
    return load(b);
}

/* Shuffles that move a block's bytes up or down by n and fill with zero. */
static const uint8_t SLIDE[48] = {
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
};

INLINE __m128i moved_up(__m128i block, size_t n) {
    return _mm_shuffle_epi8(block, load(SLIDE + 16 - n));
}

INLINE __m128i moved_down(__m128i block, size_t n) {
    return _mm_shuffle_epi8(block, load(SLIDE + 16 + n));
}

/* A 0x80 at byte n (0 to 15), zero elsewhere: the padding of CMAC. */
static const uint8_t PADDING[32] = {[16] = 0x80};

INLINE __m128i padding(size_t n) { return load(PADDING + 16 - n); }

/* Ones in the first n (0 to 16) bytes. */
static const uint8_t FIRST[32] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

INLINE __m128i first_bytes(size_t n) { return load(FIRST + 16 - n); }

#endif
