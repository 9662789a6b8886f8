/* HMAC-SHA256 (RFC 2104, FIPS 180-4) of values of 17 to 31 bytes under a key of 32.
 *
 * Sixteen values side by side in AVX-512 registers, or four in turns through the SHA instructions.
 */
#ifndef LIMIT_SHA_H
#define LIMIT_SHA_H

#include "lanes.h"

static const uint32_t SHA_K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t SHA_START[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

INLINE __m128i big_endian(__m128i block) {
    return _mm_shuffle_epi8(block,
                            _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

#if !defined(LIMIT_AESNI) && defined(__AVX512F__) && defined(__AVX512BW__)
#define LIMIT_SHA_UNITS "AVX-512, 16 values"
#define LIMIT_HAS_SHA
enum { SHA_LANES = 16 };

/* Word i of each lane's state. */
typedef struct {
    __m512i word[8];
} sha_state;

#define TURN(x, a, b, c)                                                                   \
    _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b),              \
                              _mm512_ror_epi32(x, c), 0x96)
#define TURN_SHIFT(x, a, b, c)                                                             \
    _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b),              \
                              _mm512_srli_epi32(x, c), 0x96)
#define ADD(a, b) _mm512_add_epi32(a, b)

/* One block a lane; `w` is the block's sixteen words and is used up. */
INLINE void sha_blocks(sha_state *state, __m512i *w) {
    __m512i s[8];
    for (int i = 0; i < 8; i++) s[i] = state->word[i];
#pragma GCC unroll 64
    for (int r = 0; r < 64; r++) {
        if (r >= 16) {
            const __m512i early = TURN_SHIFT(w[(r + 1) & 15], 7, 18, 3);
            const __m512i late = TURN_SHIFT(w[(r + 14) & 15], 17, 19, 10);
            w[r & 15] = ADD(ADD(w[r & 15], early), ADD(w[(r + 9) & 15], late));
        }
        const __m512i choice = _mm512_ternarylogic_epi32(s[4], s[5], s[6], 0xca);
        const __m512i most = _mm512_ternarylogic_epi32(s[0], s[1], s[2], 0xe8);
        const __m512i word = ADD(w[r & 15], _mm512_set1_epi32((int)SHA_K[r]));
        const __m512i one = ADD(ADD(s[7], word), ADD(TURN(s[4], 6, 11, 25), choice));
        const __m512i two = ADD(TURN(s[0], 2, 13, 22), most);
        s[7] = s[6];
        s[6] = s[5];
        s[5] = s[4];
        s[4] = ADD(s[3], one);
        s[3] = s[2];
        s[2] = s[1];
        s[1] = s[0];
        s[0] = ADD(one, two);
    }
    for (int i = 0; i < 8; i++) state->word[i] = ADD(state->word[i], s[i]);
}

INLINE __m512i turned_words(__m512i v) {
    return _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(_mm_setr_epi8(
                                      3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)));
}

/* The state after the key's pad, a block of its own. */
static sha_state hmac_pad(const uint8_t *key, uint8_t fill) {
    sha_state state;
    __m512i w[16];
    for (int i = 0; i < 8; i++) state.word[i] = _mm512_set1_epi32((int)SHA_START[i]);
    const __m512i pad = _mm512_set1_epi8((char)fill);
    for (int i = 0; i < 16; i++) {
        int32_t word = 0;
        if (i < 8) memcpy(&word, key + 4 * i, 4);
        w[i] = turned_words(_mm512_xor_si512(_mm512_set1_epi32(word), pad));
    }
    sha_blocks(&state, w);
    return state;
}

INLINE void hmac_group(const sha_state *inner, const sha_state *outer, const uint8_t *const *in,
                       const size_t *length, uint8_t *const *out) {
    _Alignas(64) uint8_t text[SHA_LANES][32];
    _Alignas(64) int32_t bits[SHA_LANES];
    const __m512i lane = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        _mm512_set1_epi32(8));
    __m512i w[16];
    for (int l = 0; l < SHA_LANES; l++) {
        const size_t rest = length[l] - 16;
        const __m128i last = moved_down(load(in[l] + rest), 16 - rest);
        store(text[l], load(in[l]));
        store(text[l] + 16, _mm_or_si128(last, padding(rest)));
        bits[l] = (int32_t)((64 + length[l]) * 8);
    }
    for (int i = 0; i < 8; i++)
        w[i] = turned_words(_mm512_i32gather_epi32(lane, (const int *)text + i, 4));
    for (int i = 8; i < 15; i++) w[i] = _mm512_setzero_si512();
    w[15] = _mm512_load_si512(bits);
    sha_state s = *inner;
    sha_blocks(&s, w);
    for (int i = 0; i < 8; i++) w[i] = s.word[i];
    w[8] = _mm512_set1_epi32((int)0x80000000);
    for (int i = 9; i < 15; i++) w[i] = _mm512_setzero_si512();
    w[15] = _mm512_set1_epi32((64 + 32) * 8);
    s = *outer;
    sha_blocks(&s, w);
    for (int i = 0; i < 8; i++)
        _mm512_i32scatter_epi32((int *)text + i, lane, turned_words(s.word[i]), 4);
    for (int l = 0; l < SHA_LANES; l++) {
        store(out[l], load(text[l]));
        store(out[l] + 16, load(text[l] + 16));
    }
}

#elif defined(__SHA__) && defined(__SSE4_1__)
#define LIMIT_SHA_UNITS "SHA instructions"
#define LIMIT_HAS_SHA
/* A state in the order that the instructions want: ABEF, CDGH. */
typedef struct {
    __m128i abef, cdgh;
} sha_state;

enum { SHA_LANES = 4 };

/* One block a lane; `w` is the block's sixteen words and is used up. */
INLINE void sha_blocks(sha_state *state, __m128i (*w)[4], const int lanes) {
    sha_state s[SHA_LANES];
    for (int l = 0; l < lanes; l++) s[l] = state[l];
#pragma GCC unroll 16
    for (int r = 0; r < 16; r++) {
        const __m128i constants = load(SHA_K + 4 * r);
#pragma GCC unroll 4
        for (int l = 0; l < lanes; l++) {
            __m128i *v = w[l];
            if (r >= 4) {
                const __m128i back = _mm_alignr_epi8(v[(r + 3) & 3], v[(r + 2) & 3], 4);
                const __m128i sum = _mm_add_epi32(
                    _mm_sha256msg1_epu32(v[r & 3], v[(r + 1) & 3]), back);
                v[r & 3] = _mm_sha256msg2_epu32(sum, v[(r + 3) & 3]);
            }
            const __m128i word = _mm_add_epi32(v[r & 3], constants);
            s[l].cdgh = _mm_sha256rnds2_epu32(s[l].cdgh, s[l].abef, word);
            s[l].abef =
                _mm_sha256rnds2_epu32(s[l].abef, s[l].cdgh, _mm_shuffle_epi32(word, 0x0e));
        }
    }
    for (int l = 0; l < lanes; l++) {
        state[l].abef = _mm_add_epi32(state[l].abef, s[l].abef);
        state[l].cdgh = _mm_add_epi32(state[l].cdgh, s[l].cdgh);
    }
}

/* Words 0 to 3 and 4 to 7 of a state. */
INLINE void sha_words(const sha_state *state, __m128i *low, __m128i *high) {
    const __m128i feba = _mm_shuffle_epi32(state->abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(state->cdgh, 0xb1);
    *low = _mm_blend_epi16(feba, dchg, 0xf0);
    *high = _mm_alignr_epi8(dchg, feba, 8);
}

/* The state after the key's pad, a block of its own (RFC 2104). */
static sha_state hmac_pad(const uint8_t *key, uint8_t fill) {
    const uint32_t *h = SHA_START;
    sha_state state = {
        _mm_setr_epi32((int)h[5], (int)h[4], (int)h[1], (int)h[0]),
        _mm_setr_epi32((int)h[7], (int)h[6], (int)h[3], (int)h[2]),
    };
    const __m128i pad = _mm_set1_epi8((char)fill);
    __m128i w[1][4] = {{big_endian(_mm_xor_si128(load(key), pad)),
                        big_endian(_mm_xor_si128(load(key + 16), pad)), pad, pad}};
    sha_blocks(&state, w, 1);
    return state;
}

/* HMAC-SHA256 of values of 17 to 31 bytes under a key of 32. */
INLINE void hmac_group(const sha_state *inner, const sha_state *outer, const uint8_t *const *in,
                       const size_t *length, uint8_t *const *out) {
    sha_state s[SHA_LANES];
    __m128i w[SHA_LANES][4];
    for (int l = 0; l < SHA_LANES; l++) {
        const size_t rest = length[l] - 16;
        const __m128i last = moved_down(load(in[l] + rest), 16 - rest);
        s[l] = *inner;
        w[l][0] = big_endian(load(in[l]));
        w[l][1] = big_endian(_mm_or_si128(last, padding(rest)));
        w[l][2] = _mm_setzero_si128();
        w[l][3] = _mm_setr_epi32(0, 0, 0, (int)((64 + length[l]) * 8));
    }
    sha_blocks(s, w, SHA_LANES);
    for (int l = 0; l < SHA_LANES; l++) {
        sha_words(s + l, &w[l][0], &w[l][1]);
        s[l] = *outer;
        w[l][2] = _mm_setr_epi32((int)0x80000000, 0, 0, 0);
        w[l][3] = _mm_setr_epi32(0, 0, 0, (64 + 32) * 8);
    }
    sha_blocks(s, w, SHA_LANES);
    for (int l = 0; l < SHA_LANES; l++) {
        __m128i low, high;
        sha_words(s + l, &low, &high);
        store(out[l], big_endian(low));
        store(out[l] + 16, big_endian(high));
    }
}

#else
#define LIMIT_SHA_UNITS "none"
#endif

#endif
