# People in the console
users-totals = { $all ->
    [one] { $all } person
   *[other] { $all } people
} · { $online } online · { $banned } banned
users-invites = Invitations
users-add = Add a user
users-filter = Filter users
users-search = Search name, account or e-mail
users-none = Nobody fits.
users-shown = { $count ->
    [one] { $count } person on this page
   *[other] { $count } people on this page
}
users-bulk = What to do with those selected
export-csv = Export CSV
user-name = User
user-role = Role
user-role-member = Member
user-role-admin = Admin
user-role-bot = Bot
user-role-text-member = Writes, makes rooms
user-role-text-admin = Everything, this console included
user-role-text-bot = A program
user-state = State
user-state-active = Active
user-state-silenced = Silenced
user-state-banned = Banned
user-state-deactivated = Deactivated
user-silenced-until = Silenced until
user-seen = Seen
user-seen-now = Now
user-seen-week = Within 7 days
user-seen-earlier = Earlier
user-last-seen = Last seen
user-online = Online
user-never = Never
user-messages = Messages
user-sessions = Sessions
user-joined = Joined
user-details = Details
user-their-messages = Their messages
user-deeds = What they did
user-menu-reset = Password reset link…
user-menu-sessions = End all sessions…
user-menu-role = Change role…
user-menu-silence = Silence…
user-menu-unsilence = Lift the silence…
user-menu-ban = Ban…
user-menu-unban = Lift the ban…
user-menu-deactivate = Deactivate…
user-menu-reactivate = Reactivate…

# One person
user-sanction = Silence or ban
user-sanction-what = What to do
user-sanction-note = In force at once, in open windows too
user-sanction-submit = Do it
user-silence = Silence
user-silence-text = They read and cannot write
user-ban = Ban
user-ban-text = All sessions end, the name stays taken
user-term = How long
user-term-hint = For a silence; a ban lasts until it is lifted.
user-term-hour = 1 hour
user-term-day = 1 day
user-term-week = 7 days
user-term-month = 30 days
user-term-ever = Until it is lifted
user-reason = Reason
user-reason-hint = They read it when they try to log in; it is in the audit log.
user-reason-hint-silence = Kept in the audit log.
user-reason-hint-both = Kept in the audit log. Who is banned reads it when they try to log in.
user-reason-now = Reason given:
user-role-note = At least one admin must remain
user-role-save = Save role
user-sessions-end-all = End all
user-sessions-none = No sessions.
session-device = Device
session-address = Address
session-seen = Last used
session-began = Login
session-unknown = Unknown
session-mine = This one
session-end = End session { $name }
user-facts = Facts
user-id = Number
user-invited-by = Invited by
user-locale-en = English
user-locale-zh-CN = 简体中文
user-reset = One-time reset link
user-reset-copy = Copy the link
user-reset-once = Good once, for 24 hours. It is shown only now; give it to its person yourself.
user-reset-none = For somebody who forgot their password. Good once, for 24 hours.
user-reset-open = A link is out, good until
user-reset-out = A banned or deactivated account gets no link.
user-reset-make = Make a link
user-reset-other = Make another
user-reset-void = Void it
user-log = Record
user-log-none = Nothing was done to them.
user-account = Account
user-deactivate = Deactivate the account
user-deactivate-text = No login; messages and the name stay, and it can be undone. No account is ever deleted.
user-reactivate = Reactivate the account
user-reactivate-text = They can log in again.
user-unban = Lift the ban
user-unban-text = They can log in again.
user-new-note = Names stay taken for good: no account is ever deleted.
user-new-password-hint = Leave it empty for a one-time link with which they set their own.

# "Really?"
confirm-user-silence-title = { $count ->
    [one] Silence { $name }?
   *[other] Silence { $count } people?
}
confirm-user-silence-text = They read and cannot write, in any room, until the time is over or you lift it.
confirm-user-silence-button = Silence
confirm-user-unsilence-title = { $count ->
    [one] Let { $name } write again?
   *[other] Let { $count } people write again?
}
confirm-user-unsilence-text = What single rooms say of them stays.
confirm-user-unsilence-button = Lift the silence
confirm-user-ban-title = { $count ->
    [one] Ban { $name }?
   *[other] Ban { $count } people?
}
confirm-user-ban-text = Every session ends at once and they cannot log in. Their messages stay and the name stays taken; the ban can be lifted.
confirm-user-ban-button = Ban
confirm-user-unban-title = { $count ->
    [one] Lift the ban of { $name }?
   *[other] Lift the ban of { $count } people?
}
confirm-user-unban-text = They can log in again.
confirm-user-unban-button = Lift the ban
confirm-user-deactivate-title = { $count ->
    [one] Deactivate the account of { $name }?
   *[other] Deactivate { $count } accounts?
}
confirm-user-deactivate-text = Every session ends at once and they cannot log in. Nothing is deleted: messages stay, the name stays taken, and the account can be reactivated.
confirm-user-deactivate-button = Deactivate
confirm-user-reactivate-title = { $count ->
    [one] Reactivate the account of { $name }?
   *[other] Reactivate { $count } accounts?
}
confirm-user-reactivate-text = They can log in again.
confirm-user-reactivate-button = Reactivate
confirm-user-sessions-title = { $count ->
    [one] End all sessions of { $name }?
   *[other] End all sessions of { $count } people?
}
confirm-user-sessions-text = Every window closes; they can log in again.
confirm-user-sessions-button = End sessions
confirm-user-role-title = { $count ->
    [one] Change the role of { $name }?
   *[other] Change the role of { $count } people?
}
confirm-user-role-text = In force at once. An admin can do everything, this console included.
confirm-user-role-button = Change role

# What was done
flash-user-silence = { $count ->
    [one] { $name } is silenced.
   *[other] { $count } people are silenced.
}
flash-user-unsilence = { $count ->
    [one] { $name } may write again.
   *[other] { $count } people may write again.
}
flash-user-ban = { $count ->
    [one] { $name } is banned; all their sessions ended.
   *[other] { $count } people are banned; all their sessions ended.
}
flash-user-unban = { $count ->
    [one] { $name } can log in again.
   *[other] { $count } people can log in again.
}
flash-user-deactivate = { $count ->
    [one] The account of { $name } is deactivated.
   *[other] { $count } accounts are deactivated.
}
flash-user-reactivate = { $count ->
    [one] The account of { $name } is active again.
   *[other] { $count } accounts are active again.
}
flash-user-sessions = { $count ->
    [one] All sessions of { $name } ended.
   *[other] All sessions of { $count } people ended.
}
flash-user-session = The session ended.
flash-user-role = { $count ->
    [one] { $name } has the role now.
   *[other] { $count } people have the role now.
}
flash-user-added = { $name } was added.
flash-user-reset-void = The link is void.
flash-wrong-self = You cannot do this to yourself. { $count ->
    [0] Nothing was changed.
    [one] It was done to one other.
   *[other] It was done to the { $count } others.
}
flash-wrong-last_admin = { $name } is the last admin; make somebody else one first. { $count ->
    [0] Nothing was changed.
    [one] It was done to one other.
   *[other] It was done to { $count } others.
}
flash-wrong-banned = { $name } is banned; lift the ban first.
flash-wrong-deactivated = The account of { $name } is deactivated; reactivate it first.

# Invitations
invites-filter = Filter invitations
invites-none = There are no invitations.
invites-note-open = Everybody may register at the moment; who comes by an invitation is counted.
invites-note-invite = Registering needs an invitation at the moment.
invites-note-closed = Nobody can register at the moment, not even with an invitation.
invite-new = New invitation
invite-link = Invitation link
invite-copy = Copy the link
invite-once = The link is shown only now. Who has it can register.
invite-note = Note
invite-note-hint = For whom it is; only admins see it.
invite-no-note = Invitation { $id }
invite-uses = How many accounts
invite-uses-hint = Empty for any number.
invite-used = Used
invite-life = Good for
invite-life-day = 1 day
invite-life-week = 7 days
invite-life-month = 30 days
invite-life-ever = Until revoked
invite-expires = Good until
invite-by = Made by
invite-made = Made
invite-make = Make a link
invite-revoke = Revoke
invite-revoke-this = Revoke { $name }
invite-state-valid = Good
invite-state-revoked = Revoked
invite-state-expired = Expired
invite-state-used_up = Used up
flash-invite-revoked = The invitation is revoked.

# Registration
register-closed = Nobody can register here at the moment. Ask those who run this site.
register-invite-only = You need an invitation to register. Open its link, or type its code.
register-invite-needed = Registering needs an invitation.
register-invite-invalid = This invitation is not valid any more. Ask for another one.
register-invited = You are invited.
register-invite = Invitation code
register-invite-hint = The part of the link after “invite=”.

# A new password by a one-time link
reset-title = Set a new password
reset-welcome = The link came from an admin and works once.
reset-invalid = This link is not valid any more. Ask an admin for another one.
reset-token = Code
reset-token-hint = The part of the link after #.
reset-submit = Set the password
login-forgot = Forgot your password? An admin can give you a one-time link.
reset-done = Your new password is set, and all sessions ended. Log in with it.

# The way into the console
admin-open = Administration
