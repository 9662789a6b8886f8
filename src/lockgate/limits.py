"""Every limit, by name, in one frozen place (docs/reference/limits.md)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds that keep one bad input from costing the machine.

    Sizes are bytes unless the name says otherwise.
    """

    config_bytes: int = 4 << 20
    config_depth: int = 40
    config_keys: int = 200_000
    row_bytes: int = 1 << 20
    refused_row_bytes: int = 64 << 20
    columns: int = 4_096
    column_name_bytes: int = 512
    json_depth: int = 32
    decompressed_ratio: int = 1_000
    decompressed_ratio_floor: int = 64 << 20
    input_files: int = 10_000
    path_depth: int = 64
    block_bytes: int = 2 << 20
    batch_rows: int = 65_536
    workers: int = 16
    value_bytes: int = 16 << 20
    reasons_per_row: int = 64
    proposal_sample_rows: int = 10_000
    audited_per_million: int = 1_000
    reveal_values: int = 100_000
    ff1_half_bits: int = 96
    rewrap_group_bytes: int = 1 << 30
    step_memory: int = 1 << 30
    step_seconds: int = 3_600
    step_rows: int = 1_000_000_000
    step_result_bytes: int = 256 << 30
    step_repeats: int = 10_000
    spool_memory: int = 64 << 20
    sql_bytes: int = 256 << 10
    sql_tokens: int = 20_000
    sql_depth: int = 24
    sql_columns: int = 30_000
    access_policies: int = 500
    access_policy_words: int = 1_000
    access_policy_depth: int = 20
    remote_attempts: int = 5
    remote_seconds: int = 30
    remote_connect_seconds: int = 5
    remote_read_seconds: int = 10
    remote_pause_seconds: int = 4
    remote_bytes: int = 2 << 20
    project_texts: int = 2_000
    secret_bytes: int = 64 << 10
    secret_seconds: int = 300
    destroy_days_floor: int = 7
    clock_skew_seconds: int = 300
    key_copy_bytes: int = 64 << 20
    password_characters: int = 12
    password_bytes: int = 1_024
    password_memory_kib: int = 64 << 10
    password_passes: int = 3
    password_lanes: int = 4
    password_checks: int = 2
    password_guesses: int = 100
    lock_seconds_most: int = 3_600
    source_guesses: int = 50
    source_window_seconds: int = 600
    source_pause_seconds: int = 1
    source_wait_seconds: int = 10
    source_told_singly: int = 10
    source_told_seconds: int = 60
    security_log_seconds: int = 60
    security_log_kinds: int = 1_000
    token_bytes: int = 16 << 10
    token_depth: int = 8
    token_text: int = 255
    token_audiences: int = 16
    token_groups: int = 500
    token_seconds: int = 86_400
    token_skew_seconds: int = 60
    assertion_seconds: int = 300
    key_set_bytes: int = 256 << 10
    key_set_keys: int = 64
    key_set_seconds: int = 300
    key_set_cooldown_seconds: int = 30
    rsa_bits_floor: int = 2_048
    rsa_bits: int = 8_192
    renewal_cooldown_seconds: int = 60
    login_seconds: int = 300
    login_requests: int = 20
    token_file_bytes: int = 64 << 10
    service_key_days: int = 365
    grant_days: int = 90
    grant_days_ceiling: int = 366
    grant_expiring_days: int = 14
    grant_unused_days: int = 90
    approval_hours: int = 24
    approval_requests: int = 200
    leaving_production_hours: int = 24
    break_glass_minutes: int = 60
    break_glass_review_days: int = 7
    key_release_hours: int = 48


DEFAULT_LIMITS = Limits()
