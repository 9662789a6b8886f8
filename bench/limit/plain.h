/* What needs no cipher: mask, lower case, and HMAC-SHA256 with the SHA instructions. */
#ifndef LIMIT_PLAIN_H
#define LIMIT_PLAIN_H

#include "lanes.h"

/* Digits but the last four characters as stars, 1 to 16 ASCII characters; nonzero if others. */
INLINE int mask_one(uint8_t *to, const uint8_t *from, size_t length) {
    const __m128i in = load(from), here = first_bytes(length);
    const __m128i hidden = first_bytes(length > 4 ? length - 4 : length);
    const __m128i digit = _mm_cmpeq_epi8(
        _mm_min_epu8(_mm_sub_epi8(in, _mm_set1_epi8('0')), _mm_set1_epi8(9)),
        _mm_sub_epi8(in, _mm_set1_epi8('0')));
    store(to, _mm_blendv_epi8(in, _mm_set1_epi8('*'), _mm_and_si128(hidden, digit)));
    return _mm_movemask_epi8(_mm_and_si128(in, here));
}

/* ASCII to lower case; nonzero if there is white space, a control or anything beyond ASCII. */
static int lower(uint8_t *restrict to, const uint8_t *restrict from, size_t count) {
    uint8_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t c = from[i];
        bad |= (uint8_t)((c <= ' ') | (c >= 0x7f));
        to[i] = (uint8_t)(c | (uint8_t)((uint8_t)(c - 'A') < 26) << 5);
    }
    return bad;
}

#if defined(__SHA__) && defined(__SSE4_1__)
#define LIMIT_SHA_UNITS "SHA instructions"

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

/* A state in the order that the instructions want: ABEF, CDGH. */
typedef struct {
    __m128i abef, cdgh;
} sha_state;

enum { SHA_LANES = 4 };

INLINE __m128i big_endian(__m128i block) {
    return _mm_shuffle_epi8(block,
                            _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}

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
    sha_state state = {
        _mm_setr_epi32((int)0x9b05688c, 0x510e527f, (int)0xbb67ae85, 0x6a09e667),
        _mm_setr_epi32(0x5be0cd19, 0x1f83d9ab, (int)0xa54ff53a, 0x3c6ef372),
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
