/* XAES-256-GCM (C2SP, over SP 800-38D) of values of up to 16 bytes, a group at a time.
 *
 * A value of one block costs one multiplication: what stands before it (the associated data) and
 * after it (the lengths) is multiplied once a call.
 */
#ifndef LIMIT_GCM_H
#define LIMIT_GCM_H

#include "siv.h"

enum { NONCE_BYTES = 24, RANDOM_BYTES = 20, TAG_BYTES = 16, BODY = HEAD_BYTES + NONCE_BYTES };

typedef struct {
    aes_key key;
    vec square;          /* H^2 */
    __m128i start;       /* GHASH after the associated data */
    __m128i lengths[17]; /* H times the length block, by the value's length */
    uint8_t template[32]; /* head and nonce, the counter zero */
    __m128i counter;     /* the block that the counter goes into, as GCM's own counter is 1 */
} gcm_key;

/* a * b * x^-128 in POLYVAL's field (RFC 8452, 3): GHASH with its bytes turned round. */
INLINE vec product(vec a, vec b) {
    const vec poly = V_SAME(_mm_setr_epi32(1, 0, 0, (int)0xc2000000));
    const vec middle = V_XOR(V_CLMUL(a, b, 0x01), V_CLMUL(a, b, 0x10));
    vec low = V_XOR(V_CLMUL(a, b, 0x00), V_UP64(middle));
    const vec high = V_XOR(V_CLMUL(a, b, 0x11), V_DOWN64(middle));
    low = V_XOR(V_CLMUL(low, poly, 0x10), V_SWAP_HALVES(low));
    low = V_XOR(V_CLMUL(low, poly, 0x10), V_SWAP_HALVES(low));
    return V_XOR(low, high);
}

static __m128i product_once(__m128i a, __m128i b) {
    _Alignas(64) __m128i out[BLOCKS];
    V_STORE(out, product(V_SAME(a), V_SAME(b)));
    return out[0];
}

INLINE __m128i turned(__m128i block) {
    return _mm_shuffle_epi8(
        block, _mm_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}

/* Multiplication by x in POLYVAL's order of bits. */
static __m128i polyval_doubled(__m128i h) {
    uint64_t half[2];
    store(half, h);
    const uint64_t carry = half[1] >> 63;
    half[1] = half[1] << 1 | half[0] >> 63;
    half[0] <<= 1;
    if (carry) {
        half[0] ^= 1;
        half[1] ^= 0xc200000000000000;
    }
    return load(half);
}

/* The key derived for a nonce's first half, and all that depends on no value. */
static void gcm_prepare(gcm_key *gcm, const uint8_t *key, const uint8_t *bound, size_t bytes,
                        const uint8_t *head, const uint8_t *random) {
    cmac_key root;
    uint8_t derived[32], block[16] = {0};
    cmac_prepare(&root, key);
    for (int i = 0; i < 2; i++) {
        const uint8_t start[4] = {0, (uint8_t)(i + 1), 'X', 0};
        memcpy(block, start, 4);
        memcpy(block + 4, random, 12);
        store(derived + 16 * i, aes_once(&root.key, _mm_xor_si128(load(block), root.whole)));
    }
    expand(&gcm->key, derived);
    const __m128i h = polyval_doubled(turned(aes_once(&gcm->key, _mm_setzero_si128())));
    gcm->square = V_SAME(product_once(h, h));
    gcm->start = _mm_setzero_si128();
    for (size_t at = 0; at < bytes; at += 16) {
        uint8_t part[16] = {0};
        memcpy(part, bound + at, bytes - at < 16 ? bytes - at : 16);
        gcm->start = product_once(_mm_xor_si128(gcm->start, turned(load(part))), h);
    }
    for (size_t length = 0; length <= 16; length++) {
        const __m128i bits = _mm_set_epi64x((long long)bytes * 8, (long long)length * 8);
        gcm->lengths[length] = product_once(bits, h);
    }
    memset(gcm->template, 0, sizeof gcm->template);
    memcpy(gcm->template, head, HEAD_BYTES);
    memcpy(gcm->template + HEAD_BYTES, random, RANDOM_BYTES);
    memset(block, 0, 16);
    memcpy(block, random + 12, 8);
    block[15] = 1;
    gcm->counter = load(block);
}

/* Tags of ciphertexts: (start ^ c) H^2 ^ lengths H, and the encrypted counter block. */
INLINE void tag_group(const gcm_key *gcm, const blocks *body, const size_t *length,
                      const blocks *pad, blocks *tag) {
    vec x[VECS];
    blocks hashed;
    for (int l = 0; l < LANES; l++)
        hashed.at[l] = _mm_xor_si128(turned(body->at[l]), gcm->start);
    read_blocks(x, &hashed);
    for (int i = 0; i < VECS; i++) x[i] = product(x[i], gcm->square);
    write_blocks(&hashed, x);
    for (int l = 0; l < LANES; l++) {
        /* A value of no bytes has no block: the state is multiplied by H once, not twice. */
        const __m128i sum = _mm_xor_si128(hashed.at[l], gcm->lengths[length[l]]);
        tag->at[l] = _mm_xor_si128(turned(sum), pad->at[l]);
    }
}

/* Encrypted counters 1 (for the tag) and 2 (for the value) of each lane's nonce. */
INLINE void counters_group(const gcm_key *gcm, const uint32_t *row, blocks *pad, blocks *stream) {
    vec x[2 * VECS];
    blocks first;
    const vec next = V_SAME(_mm_setr_epi32(0, 0, 0, 3 << 24)); /* 1 xor 3 is 2 */
    for (int l = 0; l < LANES; l++)
        first.at[l] = _mm_insert_epi32(gcm->counter, (int)row[l], 2);
    read_blocks(x, &first);
    for (int i = 0; i < VECS; i++) x[VECS + i] = V_XOR(x[i], next);
    aes(&gcm->key, x, 2 * VECS);
    write_blocks(pad, x);
    write_blocks(stream, x + VECS);
}

/* Whole frames, each with room for 60 bytes. `row` counts from 0, big-endian in memory. */
INLINE void gcm_seal_group(const gcm_key *gcm, const uint8_t *const *in, const size_t *length,
                           const uint32_t *row, uint8_t *const *frame) {
    blocks pad, body, tag;
    counters_group(gcm, row, &pad, &body);
    for (int l = 0; l < LANES; l++)
        body.at[l] = _mm_and_si128(_mm_xor_si128(load(in[l]), body.at[l]), first_bytes(length[l]));
    tag_group(gcm, &body, length, &pad, &tag);
    const __m128i front = load(gcm->template), back = load(gcm->template + 8);
    for (int l = 0; l < LANES; l++) {
        store(frame[l], front);
        store(frame[l] + 8, back);
        memcpy(frame[l] + HEAD_BYTES + RANDOM_BYTES, row + l, 4);
        store(frame[l] + BODY, body.at[l]);
        store(frame[l] + BODY + length[l], tag.at[l]);
    }
}

/* Values of frames of one call; nonzero if one of `count` does not open. */
INLINE uint64_t gcm_open_group(const gcm_key *gcm, const uint8_t *const *frame,
                               const size_t *length, uint8_t *const *out, int count) {
    blocks pad, stream, body, tag;
    uint32_t row[LANES];
    uint64_t bad = 0;
    for (int l = 0; l < LANES; l++) memcpy(row + l, frame[l] + HEAD_BYTES + RANDOM_BYTES, 4);
    counters_group(gcm, row, &pad, &stream);
    for (int l = 0; l < LANES; l++)
        body.at[l] = _mm_and_si128(load(frame[l] + BODY), first_bytes(length[l]));
    tag_group(gcm, &body, length, &pad, &tag);
    for (int l = 0; l < count; l++) {
        const __m128i same = _mm_cmpeq_epi8(tag.at[l], load(frame[l] + BODY + length[l]));
        bad |= (uint64_t)(memcmp(frame[l], gcm->template, HEAD_BYTES + RANDOM_BYTES) != 0);
        bad |= (uint64_t)(_mm_movemask_epi8(same) ^ 0xffff);
        store(out[l], _mm_xor_si128(body.at[l], stream.at[l]));
    }
    return bad;
}

#endif
