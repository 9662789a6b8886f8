/* base64url without padding (RFC 4648, section 5), 48 bytes or 12 at a time.
 *
 * AVX-512 VBMI does 48 bytes in four instructions; elsewhere SSSE3 does 12. Both read and write
 * past the end of the value: buffers have room for that, and what follows is written later.
 */
#ifndef LIMIT_TEXT_H
#define LIMIT_TEXT_H

#include "lanes.h"

#define PREFIX "lkg1_"
enum { PREFIX_BYTES = 5 };

INLINE size_t text_bytes(size_t frame) { return PREFIX_BYTES + (frame * 4 + 2) / 3; }

#if defined(__AVX512VBMI__) && defined(__AVX512BW__)
#define LIMIT_TEXT_UNITS "AVX-512 VBMI"

static uint8_t ALPHABET[64], GROUPS_OUT[64], GROUPS_IN[64], VALUES[128];

/* Tables that are rules, not lists. Called once, before anything else. */
static void prepare_text(void) {
    for (int i = 0; i < 26; i++) {
        ALPHABET[i] = (uint8_t)('A' + i);
        ALPHABET[26 + i] = (uint8_t)('a' + i);
    }
    for (int i = 0; i < 10; i++) ALPHABET[52 + i] = (uint8_t)('0' + i);
    ALPHABET[62] = '-';
    ALPHABET[63] = '_';
    for (int i = 0; i < 16; i++) {
        const uint8_t group[4] = {1, 0, 2, 1}, back[3] = {2, 1, 0};
        for (int j = 0; j < 4; j++) GROUPS_OUT[4 * i + j] = (uint8_t)(3 * i + group[j]);
        for (int j = 0; j < 3; j++) GROUPS_IN[3 * i + j] = (uint8_t)(4 * i + back[j]);
    }
    memset(VALUES, 0x80, sizeof VALUES);
    for (int i = 0; i < 64; i++) VALUES[ALPHABET[i]] = (uint8_t)i;
}

INLINE void encode(uint8_t *to, const uint8_t *from, size_t count) {
    const __m512i order = _mm512_loadu_si512(GROUPS_OUT), letters = _mm512_loadu_si512(ALPHABET);
    const __m512i shifts = _mm512_set1_epi64(0x3036242a1016040a);
    for (size_t i = 0; i < count; i += 48, to += 64) {
        const size_t left = count - i;
        const __mmask64 there = left >= 48 ? ~0ull : (1ull << left) - 1;
        const __m512i all = _mm512_maskz_loadu_epi8(there, from + i);
        const __m512i in = _mm512_permutexvar_epi8(order, all);
        const __m512i index = _mm512_multishift_epi64_epi8(shifts, in);
        _mm512_storeu_si512(to, _mm512_permutexvar_epi8(index, letters));
    }
}

/* `count` characters; nonzero if any is outside the alphabet. */
INLINE uint64_t decode(uint8_t *to, const uint8_t *from, size_t count) {
    const __m512i low = _mm512_loadu_si512(VALUES), high = _mm512_loadu_si512(VALUES + 64);
    const __m512i order = _mm512_loadu_si512(GROUPS_IN), fill = _mm512_set1_epi8('A');
    __m512i bad = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += 64, to += 48) {
        const size_t left = count - i;
        const __mmask64 there = left >= 64 ? ~0ull : (1ull << left) - 1;
        const __m512i in = _mm512_mask_loadu_epi8(fill, there, from + i);
        const __m512i six = _mm512_permutex2var_epi8(low, in, high);
        bad = _mm512_ternarylogic_epi64(bad, six, in, 0xfe);
        const __m512i twelve = _mm512_maddubs_epi16(six, _mm512_set1_epi32(0x01400140));
        const __m512i all = _mm512_madd_epi16(twelve, _mm512_set1_epi32(0x00011000));
        _mm512_storeu_si512(to, _mm512_permutexvar_epi8(order, all));
    }
    return _mm512_movepi8_mask(bad);
}

#else
#define LIMIT_TEXT_UNITS "SSSE3"

static void prepare_text(void) {}

INLINE void encode(uint8_t *to, const uint8_t *from, size_t count) {
    const __m128i order = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    const __m128i offsets =
        _mm_setr_epi8(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -17, 32, 65, 0, 0);
    for (size_t i = 0; i < count; i += 12, to += 16) {
        const __m128i there = first_bytes(count - i < 12 ? count - i : 12);
        const __m128i in = _mm_shuffle_epi8(_mm_and_si128(there, load(from + i)), order);
        const __m128i even = _mm_mulhi_epu16(_mm_and_si128(in, _mm_set1_epi32(0x0fc0fc00)),
                                             _mm_set1_epi32(0x04000040));
        const __m128i odd = _mm_mullo_epi16(_mm_and_si128(in, _mm_set1_epi32(0x003f03f0)),
                                            _mm_set1_epi32(0x01000010));
        const __m128i six = _mm_or_si128(even, odd);
        const __m128i small = _mm_cmpgt_epi8(_mm_set1_epi8(26), six);
        const __m128i kind = _mm_or_si128(_mm_subs_epu8(six, _mm_set1_epi8(51)),
                                          _mm_and_si128(small, _mm_set1_epi8(13)));
        store(to, _mm_add_epi8(six, _mm_shuffle_epi8(offsets, kind)));
    }
}

/* Adds `shift` to what lies from `low` to `high`, and notes that it was known. */
INLINE void take(__m128i in, __m128i *six, __m128i *known, int low, int high, int shift) {
    const __m128i there = _mm_and_si128(_mm_cmpgt_epi8(in, _mm_set1_epi8((char)(low - 1))),
                                        _mm_cmpgt_epi8(_mm_set1_epi8((char)(high + 1)), in));
    const __m128i moved = _mm_add_epi8(in, _mm_set1_epi8((char)shift));
    *six = _mm_or_si128(*six, _mm_and_si128(there, moved));
    *known = _mm_or_si128(*known, there);
}

INLINE uint64_t decode(uint8_t *to, const uint8_t *from, size_t count) {
    const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    uint64_t bad = 0;
    for (size_t i = 0; i < count; i += 16, to += 12) {
        const size_t left = count - i < 16 ? count - i : 16;
        const __m128i there = first_bytes(left);
        const __m128i in = _mm_or_si128(_mm_and_si128(there, load(from + i)),
                                        _mm_andnot_si128(there, _mm_set1_epi8('A')));
        __m128i six = _mm_setzero_si128(), known = six;
        take(in, &six, &known, 'A', 'Z', -65);
        take(in, &six, &known, 'a', 'z', -71);
        take(in, &six, &known, '0', '9', 4);
        take(in, &six, &known, '-', '-', 17);
        take(in, &six, &known, '_', '_', -32);
        bad |= (uint64_t)(0xffff ^ _mm_movemask_epi8(known));
        const __m128i twelve = _mm_maddubs_epi16(six, _mm_set1_epi32(0x01400140));
        const __m128i all = _mm_madd_epi16(twelve, _mm_set1_epi32(0x00011000));
        store(to, _mm_shuffle_epi8(all, order));
    }
    return bad;
}
#endif

/* A text's frame; nonzero if it has not the prefix, or is not the one text of its bytes. */
INLINE uint64_t read_text(uint8_t *frame, const uint8_t *text, size_t length, size_t *bytes) {
    const size_t count = length - PREFIX_BYTES, extra = count % 4;
    uint64_t bad = (uint64_t)(memcmp(text, PREFIX, PREFIX_BYTES) != 0) | (extra == 1);
    bad |= decode(frame, text + PREFIX_BYTES, count);
    *bytes = count * 3 / 4;
    return bad | (extra ? frame[*bytes] : 0);
}

INLINE void write_text(uint8_t *text, const uint8_t *frame, size_t bytes) {
    memcpy(text, PREFIX, PREFIX_BYTES);
    encode(text + PREFIX_BYTES, frame, bytes);
}

#endif
