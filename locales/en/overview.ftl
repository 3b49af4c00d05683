# Charts of one number a day
chart-day = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $date }
chart-weekday-1 = Monday
chart-weekday-2 = Tuesday
chart-weekday-3 = Wednesday
chart-weekday-4 = Thursday
chart-weekday-5 = Friday
chart-weekday-6 = Saturday
chart-weekday-7 = Sunday
chart-today = Today
chart-date = Date
chart-table = Table
chart-table-of = { $name }, as a table
chart-none = Nothing yet.
chart-messages = Messages a day in the last 30 days
chart-messages-unit = Messages
chart-messages-of = { $count ->
    [one] { $shown } message
   *[other] { $shown } messages
}
chart-messages-most = { $total } in all; the most, { $shown }, on
chart-online = Most people online at once, by day, in the last 30 days
chart-online-unit = People
chart-online-of = { $count ->
    [one] { $shown } person
   *[other] { $shown } people
}
chart-online-most = The most, { $shown }, on

# The overview
overview-days = days begin at 00:00 UTC
overview-now = Now
overview-backlog = { $count } waiting in “{ $name }”; the server cannot keep up.
overview-to-queues = Show the queues
overview-online = Online
overview-people = { $count ->
    [one] person
   *[other] people
}
overview-online-note = At most { $peak } today · { $all } accounts
overview-messages-today = Messages today
overview-messages-unit = { $count ->
    [one] message
   *[other] messages
}
overview-yesterday = Yesterday { $shown }
overview-storage = Storage
overview-disk-used = Space taken on the disk
overview-disk-free = { $free } of { $total } free
overview-waiting = Waiting
overview-reports = { $count ->
    [one] reported message
   *[other] reported messages
}
overview-since = Since
overview-settle = Settle them
overview-messages = Messages a day
overview-workday = Weekday
overview-weekend = Weekend
overview-busiest = Busiest rooms
overview-quiet = Nobody has said anything yet today.
overview-all-rooms = All rooms
overview-peak = Most people online, by day
overview-peak-most = At most { $count }
overview-shares = Shares of the disk; the list below has the numbers.
overview-part-pictures = Pictures
overview-part-database = Database
overview-part-other = Everything else
overview-part-free = Free
overview-queues = Queues
overview-queue = Queue
overview-queue-waiting = Waiting
overview-queue-limit = Limit
overview-queue-state = State
overview-queue-ok = Normal
overview-queue-full = Backlog
overview-queue-sends = New messages
overview-queue-changes = Changes
overview-queue-writes = Small writes
overview-queue-pictures = Pictures
overview-service = Service
overview-uptime = Running for
overview-uptime-days = { $days } d { $hours } h
overview-uptime-hours = { $hours } h { $minutes } min
overview-sockets = Open connections
overview-uploads = Uploads under way
overview-database = Database
overview-version = Version
