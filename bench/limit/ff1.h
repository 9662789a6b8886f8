/* FF1 (SP 800-38G, algorithm 7) of 6 to 16 decimal digits, many values a round.
 *
 * A half is at most eight digits, so each round is one AES block: what the PRF has before the
 * round's number and the half is the same for all values and is enciphered once a call.
 */
#ifndef LIMIT_FF1_H
#define LIMIT_FF1_H

#include "lanes.h"

enum { FF1_VECS = 8, FF1_LANES = FF1_VECS * BLOCKS, FF1_ROUNDS = 10, FF1_SHORTEST = 6 };

typedef struct {
    aes_key key;
    uint64_t low, high; /* the last block without the round and the half */
    int half_bytes;
    uint64_t modulus[2]; /* of even and odd rounds */
    double inverse[2];
    __m128i apart, together; /* shuffles: digits to two halves of eight, and back */
} ff1_key;

static void ff1_prepare(ff1_key *ff1, const uint8_t *key, const uint8_t *tweak, size_t bytes,
                        size_t length) {
    const size_t u = length / 2, v = length - u;
    uint64_t power[2] = {1, 1};
    for (size_t i = 0; i < u; i++) power[0] *= 10;
    for (size_t i = 0; i < v; i++) power[1] *= 10;
    const int bits = 64 - __builtin_clzll(power[1] - 1);
    ff1->half_bytes = (bits + 7) / 8;
    for (int i = 0; i < 2; i++) {
        ff1->modulus[i] = power[i];
        ff1->inverse[i] = 1.0 / (double)power[i];
    }

    uint8_t block[16] = {1, 2, 1, 0, 0, 10, FF1_ROUNDS, (uint8_t)u};
    block[11] = (uint8_t)length;
    block[15] = (uint8_t)bytes; /* fewer than 256: the caller sees to it */
    expand(&ff1->key, key);
    __m128i state = aes_once(&ff1->key, load(block));
    const size_t tail = (size_t)ff1->half_bytes + 1, all = (bytes + tail + 15) / 16 * 16;
    for (size_t at = 0; at < all; at += 16) {
        memset(block, 0, 16);
        if (at < bytes) memcpy(block, tweak + at, bytes - at < 16 ? bytes - at : 16);
        state = _mm_xor_si128(state, load(block));
        if (at + 16 < all) state = aes_once(&ff1->key, state);
    }
    uint64_t words[2];
    store(words, state);
    ff1->low = words[0];
    ff1->high = words[1];

    uint8_t apart[16], together[16];
    memset(apart, 128, 16);
    memset(together, 128, 16);
    for (size_t i = 0; i < length; i++) {
        const size_t place = i < u ? 8 - u + i : 16 - v + (i - u);
        apart[place] = (uint8_t)i;
        together[i] = (uint8_t)place;
    }
    ff1->apart = load(apart);
    ff1->together = load(together);
}

/* y mod m, by a quotient that is off by at most one. */
INLINE uint64_t remainder_of(uint64_t y, uint64_t m, double inverse) {
    const uint64_t quotient = (uint64_t)((double)y * inverse);
    int64_t rest = (int64_t)(y - quotient * m);
    rest += rest < 0 ? (int64_t)m : 0;
    rest -= rest >= (int64_t)m ? (int64_t)m : 0;
    return (uint64_t)rest;
}

INLINE void ff1_round(const ff1_key *ff1, int i, uint64_t *restrict a, uint64_t *restrict b) {
    _Alignas(64) uint64_t words[2 * FF1_LANES];
    vec x[FF1_VECS];
    const uint64_t number = (uint64_t)i << (8 * ff1->half_bytes);
    const uint64_t m = ff1->modulus[i & 1];
    const double inverse = ff1->inverse[i & 1];
    for (int l = 0; l < FF1_LANES; l++) {
        words[2 * l] = ff1->low;
        words[2 * l + 1] = ff1->high ^ __builtin_bswap64(number | b[l]);
    }
    for (int v = 0; v < FF1_VECS; v++) x[v] = V_LOAD(words + 2 * BLOCKS * v);
    aes(&ff1->key, x, FF1_VECS);
    for (int v = 0; v < FF1_VECS; v++) V_STORE(words + 2 * BLOCKS * v, x[v]);
    for (int l = 0; l < FF1_LANES; l++) {
        const uint64_t sum =
            a[l] + remainder_of(__builtin_bswap64(words[2 * l]), m, inverse);
        a[l] = sum >= m ? sum - m : sum;
    }
}

/* Two halves of eight digits each as numbers; nonzero if there is another character. */
INLINE int digits_in(const ff1_key *ff1, const uint8_t *text, size_t length, uint64_t *a,
                     uint64_t *b) {
    const __m128i digits = _mm_sub_epi8(load(text), _mm_set1_epi8('0'));
    const __m128i known = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    const int bad = _mm_movemask_epi8(_mm_andnot_si128(known, first_bytes(length)));
    const __m128i halves = _mm_shuffle_epi8(digits, ff1->apart);
    const __m128i two = _mm_maddubs_epi16(halves, _mm_set1_epi16(1 << 8 | 10));
    const __m128i four = _mm_madd_epi16(two, _mm_set1_epi32(1 << 16 | 100));
    const __m128i packed = _mm_packus_epi32(four, four);
    const __m128i eight = _mm_madd_epi16(packed, _mm_set1_epi32(1 << 16 | 10000));
    *a = (uint32_t)_mm_extract_epi32(eight, 0);
    *b = (uint32_t)_mm_extract_epi32(eight, 1);
    return bad;
}

/* Eight digits, the first in the lowest byte. */
INLINE uint64_t eight_digits(uint64_t number) {
    const uint64_t fours = number / 10000 | (number % 10000) << 32;
    const uint64_t hundreds = (fours * 10486 >> 20) & 0x7f0000007f;
    const uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    const uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000f;
    return tens | (twos - 10 * tens) << 8;
}

INLINE void digits_out(const ff1_key *ff1, uint64_t a, uint64_t b, uint8_t *text) {
    const __m128i digits = _mm_set_epi64x((long long)eight_digits(b), (long long)eight_digits(a));
    store(text, _mm_add_epi8(_mm_shuffle_epi8(digits, ff1->together), _mm_set1_epi8('0')));
}

/* A group of values of one length. */
INLINE int ff1_group(const ff1_key *ff1, const uint8_t *const *in, size_t length,
                     uint8_t *const *out, int count) {
    _Alignas(64) uint64_t a[FF1_LANES], b[FF1_LANES];
    int bad = 0;
    for (int l = 0; l < FF1_LANES; l++) bad |= digits_in(ff1, in[l], length, a + l, b + l);
    for (int i = 0; i < FF1_ROUNDS; i += 2) {
        ff1_round(ff1, i, a, b);
        ff1_round(ff1, i + 1, b, a);
    }
    for (int l = 0; l < count; l++) digits_out(ff1, a[l], b[l], out[l]);
    return bad;
}

#endif
