/* CMAC (SP 800-38B) and AES-256-SIV (RFC 5297) of values of 17 to 31 bytes, a group at a time. */
#ifndef LIMIT_SIV_H
#define LIMIT_SIV_H

#include "lanes.h"

enum { HEAD_BYTES = 4, TOKEN_BYTES = 20, SHORTEST = 17, LONGEST = 31 };

typedef struct {
    aes_key key;
    __m128i whole, partial; /* the subkeys for a last block that is full, or not */
} cmac_key;

static void cmac_prepare(cmac_key *mac, const uint8_t *key) {
    expand(&mac->key, key);
    mac->whole = doubled(aes_once(&mac->key, _mm_setzero_si128()));
    mac->partial = doubled(mac->whole);
}

/* CMAC of any message, one block after another: for what is done once a call. */
static __m128i cmac_once(const cmac_key *mac, const uint8_t *message, size_t length) {
    __m128i state = _mm_setzero_si128();
    for (; length > 16; message += 16, length -= 16)
        state = aes_once(&mac->key, _mm_xor_si128(state, load(message)));
    uint8_t last[16] = {0};
    memcpy(last, message, length);
    if (length < 16) last[length] = 0x80;
    const __m128i subkey = length < 16 ? mac->partial : mac->whole;
    return aes_once(&mac->key, _mm_xor_si128(state, _mm_xor_si128(load(last), subkey)));
}

/* Two blocks a lane: the first full, the second with the partial subkey in it. */
INLINE void cmac_two(const cmac_key *mac, const blocks *first, const blocks *second, blocks *tag) {
    vec x[VECS], y[VECS];
    read_blocks(x, first);
    read_blocks(y, second);
    aes(&mac->key, x, VECS);
    for (int i = 0; i < VECS; i++) x[i] = V_XOR(x[i], y[i]);
    aes(&mac->key, x, VECS);
    write_blocks(tag, x);
}

INLINE void cmac_group(const cmac_key *mac, const uint8_t *const *in, const size_t *length,
                       blocks *tag) {
    blocks first, second;
    for (int l = 0; l < LANES; l++) {
        const size_t rest = length[l] - 16;
        const __m128i last = moved_down(load(in[l] + rest), 16 - rest);
        first.at[l] = load(in[l]);
        second.at[l] = _mm_xor_si128(_mm_or_si128(last, padding(rest)), mac->partial);
    }
    cmac_two(mac, &first, &second, tag);
}

typedef struct {
    cmac_key mac;
    aes_key stream;
    __m128i prefix; /* S2V's state after the associated strings, doubled for the value */
    uint8_t head[16];
} siv_key;

static void siv_prepare(siv_key *siv, const uint8_t *key, const uint8_t *associated, size_t bytes,
                        const uint8_t *head) {
    cmac_prepare(&siv->mac, key);
    expand(&siv->stream, key + 32);
    const uint8_t zero[16] = {0};
    __m128i state = cmac_once(&siv->mac, zero, 16);
    state = _mm_xor_si128(doubled(state), cmac_once(&siv->mac, associated, bytes));
    state = _mm_xor_si128(doubled(state), cmac_once(&siv->mac, head, HEAD_BYTES));
    siv->prefix = state;
    memset(siv->head, 0, sizeof siv->head);
    memcpy(siv->head, head, HEAD_BYTES);
}

/* S2V's last step for values longer than a block: CMAC of the value xored at its end. */
INLINE void s2v_group(const siv_key *siv, const uint8_t *const *in, const size_t *length,
                      blocks *tag) {
    blocks first, second;
    for (int l = 0; l < LANES; l++) {
        const size_t rest = length[l] - 16;
        const __m128i end = _mm_xor_si128(load(in[l] + rest), siv->prefix);
        const __m128i last = _mm_or_si128(moved_down(end, 16 - rest), padding(rest));
        first.at[l] = _mm_xor_si128(load(in[l]), moved_up(siv->prefix, rest));
        second.at[l] = _mm_xor_si128(last, siv->mac.partial);
    }
    cmac_two(&siv->mac, &first, &second, tag);
}

/* The two blocks of key stream that a synthetic IV starts. */
INLINE void stream_group(const siv_key *siv, const blocks *iv, blocks *low, blocks *high) {
    const vec clear = V_SAME(_mm_setr_epi32(-1, -1, (int)0xffffff7f, (int)0xffffff7f));
    const vec turn =
        V_SAME(_mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 14, 13, 12));
    const vec one = V_SAME(_mm_setr_epi32(0, 0, 0, 1));
    vec x[2 * VECS];
    read_blocks(x, iv);
    for (int i = 0; i < VECS; i++) {
        x[i] = V_AND(x[i], clear);
        x[VECS + i] = V_SHUFFLE(V_ADD32(V_SHUFFLE(x[i], turn), one), turn);
    }
    aes(&siv->stream, x, 2 * VECS);
    write_blocks(low, x);
    write_blocks(high, x + VECS);
}

/* Whole frames, each with room for 52 bytes. */
INLINE void siv_seal_group(const siv_key *siv, const uint8_t *const *in, const size_t *length,
                           uint8_t *const *frame) {
    blocks iv, low, high;
    s2v_group(siv, in, length, &iv);
    stream_group(siv, &iv, &low, &high);
    const __m128i head = load(siv->head);
    for (int l = 0; l < LANES; l++) {
        const size_t rest = length[l] - 16;
        const __m128i last = moved_down(load(in[l] + rest), 16 - rest);
        const __m128i body = _mm_xor_si128(load(in[l]), low.at[l]);
        store(frame[l], head);
        store(frame[l] + HEAD_BYTES, iv.at[l]);
        store(frame[l] + TOKEN_BYTES, body);
        store(frame[l] + TOKEN_BYTES + 16, _mm_xor_si128(last, high.at[l]));
    }
}

/* Values of frames, each with room for 32 bytes; nonzero if one of `count` does not open. */
INLINE uint64_t siv_open_group(const siv_key *siv, const uint8_t *const *frame,
                               const size_t *length, uint8_t *const *out, int count) {
    blocks iv, low, high, again;
    _Alignas(64) uint8_t value[LANES][32];
    const uint8_t *in[LANES];
    uint64_t bad = 0;
    for (int l = 0; l < LANES; l++) iv.at[l] = load(frame[l] + HEAD_BYTES);
    stream_group(siv, &iv, &low, &high);
    for (int l = 0; l < LANES; l++) {
        const size_t rest = length[l] - 16;
        store(value[l], _mm_xor_si128(load(frame[l] + TOKEN_BYTES), low.at[l]));
        store(value[l] + 16, _mm_xor_si128(moved_down(load(frame[l] + TOKEN_BYTES + rest),
                                                      16 - rest), high.at[l]));
        in[l] = value[l];
    }
    s2v_group(siv, in, length, &again);
    for (int l = 0; l < count; l++) {
        const __m128i same = _mm_cmpeq_epi8(iv.at[l], again.at[l]);
        bad |= (uint64_t)(memcmp(frame[l], siv->head, HEAD_BYTES) != 0);
        bad |= (uint64_t)(_mm_movemask_epi8(same) ^ 0xffff);
        store(out[l], load(value[l]));
        store(out[l] + 16, load(value[l] + 16));
    }
    return bad;
}

#endif
