# Around every page of the console
admin = Administration
admin-navigation = Administration
admin-open-navigation = Open the navigation
admin-back = Back to the chat
skip-to-content = Skip to the content
admin-overview = Overview
admin-users = Users
admin-rooms = Rooms
admin-messages = Messages
admin-presets = Presets
admin-announcement = Announcement
admin-reports = Reports
admin-audit = Audit log
admin-settings = Settings
admin-waiting = { $count ->
    [one] { $count } waiting
   *[other] { $count } waiting
}

# Why a form was refused
flash-wrong-forbidden = You may not do this.
flash-wrong-not_found = It is not there any more.
flash-wrong-invalid = Something in it is not right; nothing was changed.
flash-wrong-busy = The server is busy; nothing was changed. Try again in a moment.
