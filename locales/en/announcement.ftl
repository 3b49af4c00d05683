# The announcement: the console's pages
announcement-note = Members have a button “Announcement” above the chat; a new version opens by itself once.
announcement-steps = Steps
announcement-step-upload = Upload
announcement-step-check = Check and publish
announcement-new = New announcement
announcement-choose = Choose the image of the announcement
announcement-drop = Drop the image here
announcement-drop-or = {" "}or{" "}
announcement-drop-choose = choose a file
announcement-limits = JPEG, PNG, WebP or GIF, up to { $size } MB; best 1,200 pixels wide or more
announcement-progress = Progress of the upload
announcement-cancel = Cancel the upload
announcement-next = You check it in the next step; nobody sees it before it is published.
announcement-upload = Upload and preview
announcement-upload-failed = The upload failed. Try again.
announcement-nothing = Choose an image, write a text, or both.
announcement-text = Text with it
announcement-title = Title
announcement-alt = What the image shows
announcement-alt-hint = read out by screen readers
announcement-background = Also as the background of the chat
announcement-as-background = As a background
announcement-dimmed = dimmed to 12 %, contrast of the text at least 7:1
announcement-sample-name-1 = Ben
announcement-sample-1 = Beef noodles for me
announcement-sample-name-2 = Alice
announcement-sample-2 = Same for me, no coriander
announcement-sample-name-3 = Chloe
announcement-sample-3 = Thanks, I will order before 11:10
announcement-unpublished = not published
announcement-preview = The new announcement
announcement-size = { $kilobytes } kB
announcement-replace = Another image
announcement-add-image = Add an image
announcement-audience = { $count ->
    [one] { $count } person will see it
   *[other] { $count } people will see it
}
announcement-discard = Discard
announcement-publish = Publish
announcement-current = Announcement now
announcement-image = Announcement
announcement-seen-of = seen by { $seen } of { $people }
announcement-none = There is no announcement.
announcement-withdraw = Withdraw
announcement-history = History
announcement-history-none = Nothing was published yet.
announcement-kept = the last { $count } versions are kept
announcement-untitled = Without a title
announcement-continue = Continue
announcement-continue-named = Continue { $name }
announcement-now = now
announcement-seen = { $count ->
    [one] seen by { $count } person
   *[other] seen by { $count } people
}
announcement-restore = Restore
announcement-restore-named = Restore { $name }

# What was done, or why not
flash-announcement-uploaded = The draft is stored. Check it; nobody sees it before it is published.
flash-announcement-saved = The draft is saved.
flash-announcement-published = The announcement is published; everybody sees it now.
flash-announcement-discarded = The draft is thrown away.
flash-announcement-restored = The old version is published again; it opens once more for everybody.
flash-announcement-withdrawn = The announcement is withdrawn.
flash-wrong-published = This version is published already.
flash-wrong-draft = This version is a draft; publish it.
flash-wrong-not_in_force = This version is not in force any more.
flash-wrong-rate_limited = Too many at once; nothing was changed. Try again in a moment.
flash-wrong-bad_upload = The image is not there any more; add it again.
flash-wrong-quota = You have stored as many pictures as you may.
flash-wrong-site_full = The server has no room for more pictures.

# For members
announcement-open = Announcement
announcement-dot = , new
announcement-got-it = Got it
announcement-zoom = View large
js-announcement = Announcement
js-announcement-fit = Fit
js-announcement-zoom = View large
js-announcement-image = Announcement
js-announcement-published = { $name } · published { $time }
