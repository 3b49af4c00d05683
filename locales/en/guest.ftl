# Reading without an account
guest-rooms = Public rooms
guest-room = { $count ->
    [one] public room · { $count } member
   *[other] public room · { $count } members
}
guest-reading = You are reading as a guest. Log in or sign up to write.
guest-refresh = Read again
guest-nothing = Nothing was said here yet.
guest-choose = Choose a room
guest-choose-text = These rooms can be read by everybody. To write, log in or sign up.
