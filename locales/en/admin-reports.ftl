# Reported messages
admin-reports-state = Which reports
admin-reports-open = Waiting
admin-reports-settled = Settled
admin-reports-mine = Settled by me
admin-reports-by = { $count ->
    [one] { $count } report
   *[other] { $count } reports
}
admin-reports-in-room = Show in the room
admin-reports-gone = The message is not there any more.
admin-reports-private = Only the reported message is shown: you may not read the rest of this room.
admin-reports-reasons = Reasons
admin-reports-this = Reported
admin-reports-joined = Joined
admin-reports-reported = Reported
admin-reports-upheld = Upheld
admin-reports-times = { $count ->
    [one] once
   *[other] { $count } times
}
admin-reports-now = Now
admin-reports-status-banned = Banned
admin-reports-status-deactivated = Deactivated
admin-reports-silenced = Silenced
admin-reports-delete = Delete the message
admin-reports-silence-hour = Delete, silence 1 hour
admin-reports-silence-day = Delete, silence 1 day
admin-reports-ban = Delete and ban…
admin-reports-dismiss = Nothing to do
admin-reports-none = No reports are waiting
admin-reports-none-settled = Nothing was settled yet
admin-reports-none-text = When members report a message, it appears here.
admin-reports-outcome-dismissed = nothing was done
admin-reports-outcome-deleted = message deleted
admin-reports-outcome-silenced = message deleted, author silenced
admin-reports-outcome-banned = message deleted, author banned
report-reason-spam = Spam
report-reason-abuse = Abuse
report-reason-illegal = Illegal
report-reason-other = Something else
confirm-report-ban-title = Delete the message and ban { $name }?
confirm-report-ban-text = Every session ends at once, and nobody logs in to this account until the ban is lifted. The message cannot be brought back.
confirm-report-ban-button = Delete and ban
flash-report-dismissed = { $count ->
    [one] The report was settled; nothing was done.
   *[other] { $count } reports were settled; nothing was done.
}
flash-report-deleted = The message was deleted.
flash-report-silenced = The message was deleted, and its author silenced.
flash-report-banned = The message was deleted, and its author banned.
flash-wrong-report-self = You cannot do this to yourself.
flash-wrong-report-last-admin = This would leave the site without an admin.
flash-wrong-report-settled = This report was settled already.
