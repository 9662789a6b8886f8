/* What needs no key: mask and lower case. */
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

#endif
