# Login of who was shut out
login-banned = This account is banned. You cannot log in.
login-deactivated = This account is out of use. Ask an admin if you need it again.
login-reason = Reason: { $reason }

# Who may write
rules = Rules
rules-who = Who may write
rules-reading = Reading
post-policy = May send messages
post-policy-hint = Moderators, owners and admins are free of the rules
post-policy-everyone = All members
post-policy-moderators = Moderators
post-policy-admins = Admins
slow-mode = Slow mode
slow-mode-hint = How long a member waits between two messages
js-slow-none = Off
public-read = Guests may read
public-read-hint = People without an account see the messages, where this site lets guests in
archiving = Archive
archive-hint = Everybody reads, nobody writes; it can be undone
js-archive = Archive the room
js-archive-do = Archive…
js-archive-text = “{ $room }” can then be read and not be written in, by anybody.
js-unarchive = Open the room again
js-unarchive-do = Open
js-closed-archived = This room is archived. You can read it.
js-closed-moderators = Only moderators and owners write here. You can read and react.
js-closed-admins = Only admins write here. You can read and react.
js-slow = Slow mode: { $time } between messages
# Seconds, or minutes and seconds
js-send-in = Send in { $time }
js-send = Send
js-silenced = You are silenced: you can read, and not write until somebody lifts it.
js-silenced-until = You are silenced until { $time }: you can read, and not write.
js-silenced-chip = silenced
js-silence = Silence in this room…
js-silence-for = Silence for { $time }
js-silence-forever = Silence until lifted
js-silence-lift = Let write again
js-silence-done = { $name } is silenced
js-silence-lifted = { $name } may write again

# Why something was not sent
js-error-archived = The room is archived.
js-error-post_policy = You may not write in this room.
js-error-silenced = You are silenced.
js-error-slow_mode = Too soon after your last message; wait a moment.
js-error-words = There is a word in it that is not wanted here.

# Reports
js-report = Report…
report-title = Report a message
report-about = Admins will see this message and what you write about it. Nobody else learns of your report.
report-reason = What is wrong with it?
report-spam = Advertising or spam
report-abuse = Insults or harassment
report-illegal = Against the law
report-other = Something else
report-note = Tell more
report-send = Report
js-reported = Reported. Thank you.
