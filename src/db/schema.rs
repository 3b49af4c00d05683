//! The tables as Diesel sees them, the same for both databases; written by `diesel print-schema`, then merged by hand.
#![allow(missing_docs, reason = "the columns are explained in the migrations")]

diesel::table! {
    meta (id) {
        id -> Integer,
        epoch -> Text,
        commit_no -> BigInt,
        setup_hash -> Nullable<Binary>,
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

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(memberships -> rooms (room_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(messages -> rooms (room_id));
diesel::joinable!(messages -> users (sender_id));
diesel::joinable!(mentions -> users (user_id));
diesel::joinable!(uploads -> blobs (blob_id));
diesel::joinable!(uploads -> messages (message_id));
diesel::joinable!(reactions -> messages (message_id));
diesel::joinable!(reactions -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    rooms,
    memberships,
    messages,
    mentions,
    blobs,
    uploads,
    reactions,
    contacts,
    blocks
);
