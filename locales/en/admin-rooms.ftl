# Rooms
admin-rooms-totals = { $all ->
    [one] { $all } room
   *[other] { $all } rooms
} · { $archived } archived · { $directs ->
    [one] { $directs } private chat
   *[other] { $directs } private chats
}
admin-rooms-filter = Filter the rooms
admin-rooms-search = Search for a room
admin-rooms-kind = Kind
admin-rooms-kind-public = Public
admin-rooms-kind-private = Private
admin-rooms-kind-direct = Private chat
admin-rooms-state = State
admin-rooms-state-used = In use
admin-rooms-state-archived = Archived
admin-rooms-guests = Guests may read
admin-rooms-guests-only = Only what guests may read
admin-rooms-none = There is no such room.
admin-rooms-name = Name
admin-rooms-members = Members
admin-rooms-owner = Owner
admin-rooms-kept = Kept
admin-rooms-last = Last message
admin-room-people = { $count ->
    [one] { $shown } member
   *[other] { $shown } members
}
admin-room-open = Open the room
admin-room-messages = Its messages
admin-room-name = Room
admin-room-topic = Topic
admin-room-writing = Writing
admin-room-policy = Who may write
admin-room-policy-everyone = All members
admin-room-policy-everyone-text = Usual
admin-room-policy-moderators = Moderators and admins
admin-room-policy-moderators-text = Others read and react
admin-room-policy-admins = Admins alone
admin-room-policy-admins-text = For announcements
admin-room-slow = Slow mode
admin-room-slow-off = Off
admin-room-slow-seconds = One message in { $count } seconds
admin-room-slow-minutes = { $count ->
    [one] One message a minute
   *[other] One message in { $count } minutes
}
admin-room-slow-hint = For each member; moderators do not wait.
admin-room-keeping-title = Keeping and showing
admin-room-keeping = Messages are kept
admin-room-default = As the site says
admin-room-forever = For ever
admin-room-forever-text = It only grows
admin-room-by-days = For some days
admin-room-by-days-text = Older ones are deleted and cannot be brought back
admin-room-by-count = By number
admin-room-by-count-text = Only the newest stay
admin-room-days = { $count ->
    [one] { $shown } day
   *[other] { $shown } days
}
admin-room-count = { $count ->
    [one] { $shown } message
   *[other] { $shown } messages
}
admin-room-value = Days, or messages
admin-room-value-unit = days or messages
admin-room-value-hint = For the last two choices alone.
admin-room-hours = Shown at first: the last
admin-room-hours-unit = hours
admin-room-most = Shown at first: at most
admin-room-most-unit = messages
admin-room-window-hint = Empty: as the site says ({ $count }). 0 for all. Older ones are found by search.
admin-room-seeing = Who may read
admin-room-guests-hint = Whoever is not logged in reads its messages as they come, writes nothing, and sees no list of members.
admin-room-reset = Undo changes
admin-room-facts = Facts
admin-room-made = Made
admin-room-pictures = Pictures
admin-room-find-member = Find a member
admin-room-moderator = Moderator
admin-room-nobody = Nobody is called so.
admin-room-owner = Change the owner
admin-room-owner-button = Change…
admin-room-owner-title = Who is to own “{ $name }”?
admin-room-owner-text = Whoever owned it becomes a moderator. The new owner becomes a member if they are none.
admin-room-owner-name = User name of the new owner
admin-room-archive = Archive
admin-room-unarchive = Open again
admin-room-archive-text = An archived room is only read.
admin-room-delete = Delete the room
admin-room-delete-button = Delete…
admin-room-delete-text = { $count ->
    [one] With its { $shown } message
   *[other] With its { $shown } messages
}
admin-room-delete-title = Delete “{ $name }”?
admin-room-delete-warning = The room disappears for everybody at once, and all its messages and pictures go with it. Nothing brings them back.
admin-room-delete-type = Type { $name } to confirm
admin-room-delete-wrong = This is not the name of the room.
flash-room-saved = { $name } was saved.
flash-room-archived = { $name } was archived.
flash-room-unarchived = { $name } is open again.
flash-room-owner = { $name } owns the room now.
flash-room-deleted = { $name } was deleted.
flash-wrong-room-lobby = Everybody is in the lobby: it stays.
flash-wrong-room-inactive = This person is shut out and cannot own a room.
