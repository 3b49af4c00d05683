//! The tables as Diesel sees them, the same for both databases; written by `diesel print-schema`, then merged by hand.
#![allow(missing_docs, reason = "the columns are explained in the migrations")]

diesel::table! {
    meta (id) {
        id -> Integer,
        epoch -> Text,
        commit_no -> BigInt,
        setup_hash -> Nullable<Binary>,
        counted_id -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        skeleton -> Text,
        nickname -> Text,
        nickname_key -> Text,
        email -> Nullable<Text>,
        phone -> Nullable<Text>,
        password_hash -> Text,
        role -> Text,
        bio -> Text,
        locale -> Nullable<Text>,
        created_at -> Timestamp,
        last_seen_at -> Nullable<Timestamp>,
        avatar -> Nullable<Text>,
        status -> Text,
        status_reason -> Text,
        silenced_until -> Nullable<Timestamp>,
        invite_id -> Nullable<BigInt>,
        away -> Nullable<Text>,
        phone_key -> Nullable<Text>,
        email_key -> Nullable<Text>,
    }
}

diesel::table! {
    verifications (id) {
        id -> BigInt,
        ticket_hash -> Binary,
        purpose -> Text,
        address -> Text,
        user_id -> Nullable<BigInt>,
        code_hash -> Binary,
        tries -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        token_hash -> Binary,
        user_id -> BigInt,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        agent -> Text,
        ip -> Text,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        token_hash -> Binary,
        user_id -> BigInt,
        name -> Text,
        start -> Text,
        scope -> Text,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        last_used_at -> Nullable<Timestamp>,
        last_ip -> Text,
    }
}

diesel::table! {
    rooms (id) {
        id -> BigInt,
        kind -> Text,
        lobby -> Bool,
        name -> Text,
        name_key -> Text,
        topic -> Text,
        direct_key -> Nullable<Text>,
        last_seq -> BigInt,
        rev -> BigInt,
        member_count -> BigInt,
        created_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        recall_seconds -> Nullable<BigInt>,
        post_policy -> Text,
        slow_seconds -> BigInt,
        public_read -> Bool,
        archived_at -> Nullable<Timestamp>,
        retention -> Text,
        retention_value -> BigInt,
        window_hours -> Nullable<BigInt>,
        window_count -> Nullable<BigInt>,
        floor_seq -> BigInt,
    }
}

diesel::table! {
    memberships (room_id, user_id) {
        room_id -> BigInt,
        user_id -> BigInt,
        role -> Text,
        joined_at -> Timestamp,
        read_seq -> BigInt,
        notify -> Text,
        muted -> Bool,
        silenced_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    messages (id) {
        id -> BigInt,
        room_id -> BigInt,
        seq -> BigInt,
        rev -> BigInt,
        sender_id -> BigInt,
        client_id -> Text,
        body_hash -> Binary,
        kind -> Text,
        text -> Text,
        spans -> Text,
        reply_to -> Nullable<BigInt>,
        reply_seq -> Nullable<BigInt>,
        created_at -> Timestamp,
        edited_at -> Nullable<Timestamp>,
        recalled_at -> Nullable<Timestamp>,
        deleted_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    mentions (user_id, room_id, seq) {
        user_id -> BigInt,
        room_id -> BigInt,
        seq -> BigInt,
    }
}

diesel::table! {
    blobs (id) {
        id -> BigInt,
        owner_id -> BigInt,
        source_hash -> Binary,
        key -> Text,
        ext -> Text,
        thumb_ext -> Text,
        mime -> Text,
        stored_bytes -> BigInt,
        bytes -> BigInt,
        width -> BigInt,
        height -> BigInt,
        color -> Text,
        animated -> Bool,
        created_at -> Timestamp,
    }
}

diesel::table! {
    uploads (key) {
        key -> Text,
        blob_id -> BigInt,
        owner_id -> BigInt,
        message_id -> Nullable<BigInt>,
        position -> BigInt,
        name -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    removed_files (path) {
        path -> Text,
    }
}

diesel::table! {
    reactions (message_id, emoji, user_id) {
        message_id -> BigInt,
        emoji -> Text,
        user_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    contacts (user_id, peer_id) {
        user_id -> BigInt,
        peer_id -> BigInt,
        state -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    blocks (user_id, blocked_id) {
        user_id -> BigInt,
        blocked_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    sent_keys (sender_id, client_id) {
        sender_id -> BigInt,
        client_id -> Text,
        body_hash -> Binary,
        pruned_at -> Timestamp,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
        updated_at -> Timestamp,
        updated_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_id -> Nullable<BigInt>,
        actor_name -> Text,
        act -> Text,
        target_kind -> Text,
        target_id -> Nullable<BigInt>,
        target_name -> Text,
        detail -> Text,
        ip -> Text,
    }
}

diesel::table! {
    presets (id) {
        id -> BigInt,
        label -> Text,
        text -> Text,
        blob_id -> Nullable<BigInt>,
        position -> BigInt,
        countdown_seconds -> Nullable<BigInt>,
        next_id -> Nullable<BigInt>,
        updated_at -> Timestamp,
        updated_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    countdowns (id) {
        id -> BigInt,
        room_id -> BigInt,
        label -> Text,
        started_by -> BigInt,
        started_at -> Timestamp,
        ends_at -> Timestamp,
        next_id -> Nullable<BigInt>,
        ended_at -> Nullable<Timestamp>,
        stopped_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    announcements (id) {
        id -> BigInt,
        title -> Text,
        text -> Text,
        alt -> Text,
        blob_id -> Nullable<BigInt>,
        background -> Bool,
        author_id -> BigInt,
        created_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    announcement_reads (announcement_id, user_id) {
        announcement_id -> BigInt,
        user_id -> BigInt,
        read_at -> Timestamp,
    }
}

diesel::table! {
    reports (id) {
        id -> BigInt,
        message_id -> BigInt,
        room_id -> BigInt,
        reporter_id -> BigInt,
        reason -> Text,
        note -> Text,
        created_at -> Timestamp,
        settled_at -> Nullable<Timestamp>,
        settled_by -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    invites (id) {
        id -> BigInt,
        token_hash -> Binary,
        note -> Text,
        created_by -> BigInt,
        created_at -> Timestamp,
        expires_at -> Nullable<Timestamp>,
        max_uses -> Nullable<BigInt>,
        uses -> BigInt,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    password_resets (id) {
        id -> BigInt,
        token_hash -> Binary,
        user_id -> BigInt,
        created_by -> Nullable<BigInt>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    daily_stats (day) {
        day -> Text,
        messages -> BigInt,
        peak_online -> BigInt,
    }
}

diesel::table! {
    upload_hours (owner_id, hour) {
        owner_id -> BigInt,
        hour -> BigInt,
        uploads -> BigInt,
        bytes -> BigInt,
    }
}

diesel::table! {
    storage (id) {
        id -> BigInt,
        bytes -> BigInt,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(tokens -> users (user_id));
diesel::joinable!(memberships -> rooms (room_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(messages -> rooms (room_id));
diesel::joinable!(messages -> users (sender_id));
diesel::joinable!(mentions -> users (user_id));
diesel::joinable!(uploads -> blobs (blob_id));
diesel::joinable!(uploads -> messages (message_id));
diesel::joinable!(reactions -> messages (message_id));
diesel::joinable!(reactions -> users (user_id));
diesel::joinable!(reports -> messages (message_id));
diesel::joinable!(reports -> rooms (room_id));
diesel::joinable!(presets -> blobs (blob_id));
diesel::joinable!(announcements -> blobs (blob_id));
diesel::joinable!(announcements -> users (author_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    tokens,
    rooms,
    memberships,
    messages,
    mentions,
    blobs,
    uploads,
    reactions,
    contacts,
    blocks,
    audit_log,
    presets,
    countdowns,
    announcements,
    announcement_reads,
    reports,
    invites,
    password_resets
);
