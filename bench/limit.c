/* The C limit: what this machine's instructions allow for Lockgate's kernel functions.
 *
 * Each function takes a column as Arrow lays it out and gives one in fresh memory, keys prepared
 * anew in every call, with the very bytes that Lockgate's kernels give. It is a yardstick and not
 * a kernel: one layout, no nulls, lengths in a narrow range (else it refuses), tables and branches
 * wherever they are fast. Input must be readable for 64 bytes past its end.
 */
#include <stdlib.h>

#include "limit/ff1.h"
#include "limit/gcm.h"
#include "limit/plain.h"
#include "limit/sha.h"
#include "limit/siv.h"
#include "limit/text.h"

#define EXPORT __attribute__((visibility("default")))

enum { SLACK = 128, ROOM = 192, OUT_OF_RANGE = 1, DOES_NOT_OPEN = 2, NO_MEMORY = 3 };

typedef struct {
    size_t count;
    const int32_t *offsets;
    const uint8_t *data;
} column;

typedef struct {
    int32_t *offsets;
    uint8_t *data;
} result;

EXPORT const char *limit_units(void) {
    return LIMIT_UNITS "; base64url: " LIMIT_TEXT_UNITS "; SHA-256: " LIMIT_SHA_UNITS;
}

EXPORT void limit_prepare(void) { prepare_text(); }

EXPORT void limit_free(result *out) {
    free(out->offsets);
    free(out->data);
    out->offsets = NULL;
    out->data = NULL;
}

typedef size_t (*sizing)(size_t);

/* Offsets of the result, and room for its bytes; OUT_OF_RANGE if a length is not low..high. */
INLINE int make(result *out, const column *in, size_t low, size_t high, sizing size) {
    out->data = NULL;
    out->offsets = malloc((in->count + 1) * sizeof *out->offsets);
    if (!out->offsets) return NO_MEMORY;
    size_t bad = 0, total = 0;
    out->offsets[0] = 0;
    for (size_t i = 0; i < in->count; i++) {
        const size_t length = (size_t)(in->offsets[i + 1] - in->offsets[i]);
        bad |= (size_t)(length - low > high - low);
        total += size(length);
        out->offsets[i + 1] = (int32_t)total;
    }
    if (bad || total > INT32_MAX) return OUT_OF_RANGE;
    out->data = malloc(total + SLACK);
    return out->data ? 0 : NO_MEMORY;
}

INLINE size_t token_frame(size_t n) { return TOKEN_BYTES + n; }
INLINE size_t token_text(size_t n) { return text_bytes(TOKEN_BYTES + n); }
INLINE size_t cipher_frame(size_t n) { return BODY + TAG_BYTES + n; }
INLINE size_t cipher_text(size_t n) { return text_bytes(BODY + TAG_BYTES + n); }
INLINE size_t frame_of_text(size_t n) { return (n - PREFIX_BYTES) * 3 / 4; }
INLINE size_t token_value(size_t n) { return n - TOKEN_BYTES; }
INLINE size_t token_text_value(size_t n) { return frame_of_text(n) - TOKEN_BYTES; }
INLINE size_t cipher_value(size_t n) { return n - BODY - TAG_BYTES; }
INLINE size_t cipher_text_value(size_t n) { return frame_of_text(n) - BODY - TAG_BYTES; }
INLINE size_t same(size_t n) { return n; }
INLINE size_t sixteen(size_t n) { return n ? 16 : 0; }
INLINE size_t thirty_two(size_t n) { return n ? 32 : 0; }

/* A group's values from row `first` on; the last one again for lanes beyond the end. */
INLINE int group(const column *in, size_t first, const uint8_t **at, size_t *length, int lanes) {
    const size_t left = in->count - first;
    const int count = left < (size_t)lanes ? (int)left : lanes;
    for (int l = 0; l < lanes; l++) {
        const size_t row = first + (size_t)(l < count ? l : count - 1);
        at[l] = in->data + in->offsets[row];
        length[l] = (size_t)(in->offsets[row + 1] - in->offsets[row]);
    }
    return count;
}

/* Where a full group's results go; a last one that is not full goes through `spare`. */
INLINE void places(uint8_t **to, const result *out, size_t first, int count, uint8_t *spare,
                   int lanes) {
    for (int l = 0; l < lanes; l++) {
        const size_t row = first + (size_t)l;
        to[l] = count == lanes ? out->data + out->offsets[row] : spare + ROOM * (size_t)l;
    }
}

INLINE void settle(const result *out, size_t first, int count, const uint8_t *spare, int lanes) {
    for (int l = 0; count < lanes && l < count; l++) {
        const int32_t start = out->offsets[first + (size_t)l];
        memcpy(out->data + start, spare + ROOM * (size_t)l,
               (size_t)(out->offsets[first + (size_t)l + 1] - start));
    }
}

#define EACH_GROUP(lanes)                                                                  \
    _Alignas(64) uint8_t spare[(lanes) * ROOM];                                             \
    const uint8_t *at[lanes];                                                              \
    uint8_t *to[lanes];                                                                    \
    size_t length[lanes];                                                                  \
    uint64_t bad = 0;                                                                      \
    for (size_t first = 0, count; first < in->count; first += (lanes))                     \
        if (count = (size_t)group(in, first, at, length, lanes),                           \
            places(to, out, first, (int)count, spare, lanes), 1)

EXPORT int limit_tokenize(const column *in, const uint8_t *key, const uint8_t *associated,
                          size_t bytes, const uint8_t *head, int text, result *out) {
    siv_key siv;
    _Alignas(64) uint8_t frame[LANES][128];
    uint8_t *frames[LANES];
    const int failed = make(out, in, SHORTEST, LONGEST, text ? token_text : token_frame);
    if (failed) return failed;
    siv_prepare(&siv, key, associated, bytes, head);
    for (int l = 0; l < LANES; l++) frames[l] = frame[l];
    EACH_GROUP(LANES) {
        siv_seal_group(&siv, at, length, text ? frames : to);
        if (text)
            for (int l = 0; l < LANES; l++) write_text(to[l], frame[l], TOKEN_BYTES + length[l]);
        settle(out, first, (int)count, spare, LANES);
    }
    return (int)bad;
}

EXPORT int limit_encrypt(const column *in, const uint8_t *key, const uint8_t *bound, size_t bytes,
                         const uint8_t *head, const uint8_t *random, int text, result *out) {
    gcm_key gcm;
    _Alignas(64) uint8_t frame[LANES][128];
    uint8_t *frames[LANES];
    uint32_t row[LANES];
    const int failed = make(out, in, 1, 16, text ? cipher_text : cipher_frame);
    if (failed) return failed;
    gcm_prepare(&gcm, key, bound, bytes, head, random);
    for (int l = 0; l < LANES; l++) frames[l] = frame[l];
    EACH_GROUP(LANES) {
        for (int l = 0; l < LANES; l++) row[l] = __builtin_bswap32((uint32_t)first + (uint32_t)l);
        gcm_seal_group(&gcm, at, length, row, text ? frames : to);
        if (text)
            for (int l = 0; l < LANES; l++)
                write_text(to[l], frame[l], BODY + TAG_BYTES + length[l]);
        settle(out, first, (int)count, spare, LANES);
    }
    return (int)bad;
}

/* The frames of a group: decoded from text, or where they lie. */
INLINE uint64_t frames_of(const uint8_t **frames, uint8_t (*frame)[128], const uint8_t *const *at,
                          size_t *length, int text) {
    uint64_t bad = 0;
    for (int l = 0; l < LANES; l++) {
        frames[l] = at[l];
        if (text) {
            bad |= read_text(frame[l], at[l], length[l], length + l);
            frames[l] = frame[l];
        }
    }
    return bad;
}

EXPORT int limit_open_tokens(const column *in, const uint8_t *key, const uint8_t *associated,
                             size_t bytes, const uint8_t *head, int text, result *out) {
    siv_key siv;
    _Alignas(64) uint8_t frame[LANES][128];
    const uint8_t *frames[LANES];
    const int failed =
        text ? make(out, in, token_text(SHORTEST), token_text(LONGEST), token_text_value)
             : make(out, in, token_frame(SHORTEST), token_frame(LONGEST), token_value);
    if (failed) return failed;
    siv_prepare(&siv, key, associated, bytes, head);
    EACH_GROUP(LANES) {
        bad |= frames_of(frames, frame, at, length, text);
        for (int l = 0; l < LANES; l++) length[l] = token_value(length[l]);
        bad |= siv_open_group(&siv, frames, length, to, (int)count);
        settle(out, first, (int)count, spare, LANES);
    }
    return bad ? DOES_NOT_OPEN : 0;
}

EXPORT int limit_open_ciphertexts(const column *in, const uint8_t *key, const uint8_t *bound,
                                  size_t bytes, const uint8_t *head, const uint8_t *random,
                                  int text, result *out) {
    gcm_key gcm;
    _Alignas(64) uint8_t frame[LANES][128];
    const uint8_t *frames[LANES];
    const int failed = text ? make(out, in, cipher_text(1), cipher_text(16), cipher_text_value)
                            : make(out, in, cipher_frame(1), cipher_frame(16), cipher_value);
    if (failed) return failed;
    gcm_prepare(&gcm, key, bound, bytes, head, random);
    EACH_GROUP(LANES) {
        bad |= frames_of(frames, frame, at, length, text);
        for (int l = 0; l < LANES; l++) length[l] = cipher_value(length[l]);
        bad |= gcm_open_group(&gcm, frames, length, to, (int)count);
        settle(out, first, (int)count, spare, LANES);
    }
    return bad ? DOES_NOT_OPEN : 0;
}

EXPORT int limit_cmac(const column *in, const uint8_t *key, result *out) {
    cmac_key mac;
    blocks tag;
    const int failed = make(out, in, SHORTEST, LONGEST, sixteen);
    if (failed) return failed;
    cmac_prepare(&mac, key);
    EACH_GROUP(LANES) {
        cmac_group(&mac, at, length, &tag);
        for (int l = 0; l < LANES; l++) store(to[l], tag.at[l]);
        settle(out, first, (int)count, spare, LANES);
    }
    return (int)bad;
}

/* Absent without instructions for it, and then said to be. */
#ifdef LIMIT_HAS_SHA
EXPORT int limit_hmac(const column *in, const uint8_t *key, result *out) {
    const int failed = make(out, in, SHORTEST, LONGEST, thirty_two);
    if (failed) return failed;
    const sha_state inner = hmac_pad(key, 0x36), outer = hmac_pad(key, 0x5c);
    EACH_GROUP(SHA_LANES) {
        hmac_group(&inner, &outer, at, length, to);
        settle(out, first, (int)count, spare, SHA_LANES);
    }
    return (int)bad;
}
#endif

/* All values of one length. */
EXPORT int limit_ff1(const column *in, const uint8_t *key, const uint8_t *tweak, size_t bytes,
                     result *out) {
    ff1_key ff1;
    const size_t one = in->count ? (size_t)(in->offsets[1] - in->offsets[0]) : FF1_SHORTEST;
    if (one < FF1_SHORTEST || one > 16 || bytes > 255) return OUT_OF_RANGE;
    const int failed = make(out, in, one, one, same);
    if (failed) return failed;
    ff1_prepare(&ff1, key, tweak, bytes, one);
    EACH_GROUP(FF1_LANES) {
        bad |= (uint64_t)ff1_group(&ff1, at, one, to, (int)count);
        settle(out, first, (int)count, spare, FF1_LANES);
    }
    return bad ? OUT_OF_RANGE : 0;
}

EXPORT int limit_mask(const column *in, result *out) {
    int bad = 0;
    const int failed = make(out, in, 1, 16, same);
    if (failed) return failed;
    for (size_t i = 0; i < in->count; i++) {
        const size_t length = (size_t)(in->offsets[i + 1] - in->offsets[i]);
        bad |= mask_one(out->data + out->offsets[i], in->data + in->offsets[i], length);
    }
    return bad ? OUT_OF_RANGE : 0;
}

EXPORT int limit_lower(const column *in, result *out) {
    const int failed = make(out, in, 1, 1 << 20, same);
    if (failed) return failed;
    const size_t count = (size_t)(in->offsets[in->count] - in->offsets[0]);
    return lower(out->data, in->data + in->offsets[0], count) ? OUT_OF_RANGE : 0;
}

EXPORT int limit_copy(const column *in, result *out) {
    const size_t count = (size_t)(in->offsets[in->count] - in->offsets[0]);
    out->offsets = malloc((in->count + 1) * sizeof *out->offsets);
    out->data = malloc(count + SLACK);
    if (!out->offsets || !out->data) return NO_MEMORY;
    memcpy(out->offsets, in->offsets, (in->count + 1) * sizeof *out->offsets);
    memcpy(out->data, in->data + in->offsets[0], count);
    return 0;
}
