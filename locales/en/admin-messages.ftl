# Messages of all rooms
admin-messages-note = Newest first
admin-messages-filter = Filter the messages
admin-messages-search = Search for words
admin-messages-anybody = Anybody
admin-messages-sender = Sender
admin-messages-text = Message
admin-messages-room = Room
admin-messages-kind = Kind
admin-messages-kind-text = Text
admin-messages-kind-image = Image
admin-messages-kind-preset = Preset
admin-messages-time = Time
admin-messages-since = From
admin-messages-until = To
admin-messages-images = Pictures
admin-messages-image = { $count ->
    [one] Picture
   *[other] { $count } pictures
}
admin-messages-caption = Messages, newest first
admin-messages-direct = Private chat
admin-messages-more = { $count } more
admin-messages-policy-off = Shown are public rooms, and private rooms that you are a member of. Other private rooms and private chats are not.
admin-messages-policy-on = Private rooms and private chats are shown too. Every look at them is written into the audit log.
admin-messages-policy-set = Settings
admin-messages-open = Open in the room
admin-messages-delete = Delete…
admin-messages-bulk = With the selected messages
admin-messages-delete-some = Delete…
admin-messages-delete-all = All of this search…
admin-messages-none = Nothing was found.
admin-messages-none-yet = Nothing so far; older messages were not looked at yet.
admin-messages-newest = Newest
admin-messages-older = Older
admin-messages-reason = Reason
admin-messages-reason-note = (goes into the audit log)
admin-messages-wrong-blank = Search for at least one letter, digit or character; punctuation alone finds nothing.
admin-messages-wrong-too_long = Search for at most 200 characters.
admin-messages-wrong-room = There is no such room, or it is private.
admin-messages-wrong-person = Nobody has this name.
admin-messages-wrong-day = This is not a date.
admin-messages-wrong-kind = There is no such kind of message.
admin-messages-wrong-before = There is no such page.
admin-messages-wrong-rate_limited = Too many searches. Wait a moment and try again.
confirm-messages-title = { $count ->
    [one] Delete this message?
   *[other] Delete { $count } messages?
}
confirm-messages-text = Their pictures and search entries go with them, open windows lose them at once, and nothing brings them back.
confirm-messages-button = { $count ->
    [one] Delete the message
   *[other] Delete { $count } messages
}
flash-messages-deleted = { $count ->
    [0] Nothing was left to delete.
    [one] The message was deleted.
   *[other] { $count } messages were deleted.
}
flash-wrong-messages-none = Choose at least one message.
