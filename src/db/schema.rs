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
    }
}

diesel::table! {
    memberships (room_id, user_id) {
        room_id -> BigInt,
        user_id -> BigInt,
        role -> Text,
        joined_at -> Timestamp,
        read_seq -> BigInt,
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
        created_at -> Timestamp,
        edited_at -> Nullable<Timestamp>,
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

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(memberships -> rooms (room_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(messages -> rooms (room_id));
diesel::joinable!(messages -> users (sender_id));
diesel::joinable!(mentions -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(users, sessions, rooms, memberships, messages, mentions);
