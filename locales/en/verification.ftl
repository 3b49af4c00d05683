# Codes, addresses, a forgotten password
code = Code
code-hint = Six digits, good for five minutes. Look among unwanted mail too.
code-send = Send a code
code-again = Use another address, or get another code
code-sent-to = A code is on its way to
code-email = Code from the mail
code-phone = Code from the text message
code-sent-email = Six digits, good for five minutes. Look among unwanted mail too.
code-sent-phone = Six digits, good for five minutes.
code-wrong-code = This code is wrong, used or too old. Check it, or get another one.
phone-hint = With + and the country’s code; Chinese mobile numbers also without.
rate-limited-minutes = { $minutes ->
    [one] Too many tries. Try again in a minute.
   *[other] Too many tries. Try again in { $minutes } minutes.
}
register-step-address = First your address: we send a code to it, and you go on with that.
register-verify-off = An address must be confirmed to register here, and this server cannot send codes at the moment. Ask those who run this site.
register-more-email = E-mail (optional)
register-more-phone = Phone (optional)
login-forgot-code = Forgot your password?
forgot-title = Forgot your password
forgot-welcome = We send a code to your confirmed address; with it you set a new password.
forgot-account = Address or user name
forgot-account-hint = Your confirmed e-mail address or phone number, or your user name.
forgot-sent = If there is an account with a confirmed address, a code is on its way. You asked for:
reach-title = Ways to reach you
reach-welcome = A confirmed address helps when you forget your password. Only you and the admins see it.
reach-email = E-mail address
reach-phone = Phone number
reach-none = none
reach-add = Add
reach-change = Change
reach-show = Show
reach-confirm = Confirm
reach-confirmed = confirmed
reach-unconfirmed = not confirmed
reach-text = We send a code to it, and you type the code here.
reach-change-text = We send a code to the new address. The present one stays until then, and is told.
reach-remove = Remove
reach-remove-text = Without a confirmed address, only an admin can help you if you forget your password.
reach-needed = Everybody here has a confirmed address. Change it instead.
reach-off = This server sends no codes at the moment, so addresses cannot be confirmed.
reach-already = This address is confirmed already.
reach-back = Back to the account
reach-saved = Your address is confirmed.
reach-removed = Your address is removed.

# The settings of mail
settings-section-mail = Mail and codes
setting-verify_email = Confirm e-mail addresses
setting-verify_email-help = With a code that is sent by mail.
setting-verify_email-cost = Cost when required: who has no mail cannot register
setting-verify_email-off = Not at all
setting-verify_email-optional = Whoever wants
setting-verify_email-required = Needed to register
setting-verify_phone = Confirm phone numbers
setting-verify_phone-help = With a code that is sent as a text message.
setting-verify_phone-cost = Cost: every text message
setting-verify_phone-off = Not at all
setting-verify_phone-optional = Whoever wants
setting-verify_phone-required = Needed to register
setting-mail_sender = Sender’s name
setting-mail_sender-help = Empty for the name of this chat.
setting-mail_sender-cost = -
setting-mail_from = Sender’s address
setting-mail_from-help = Empty for the user of the mail server, if that is an address.
setting-mail_from-cost = -
mail-email = Mail
mail-phone = Text messages
mail-email-none = Not configured: no mail is sent, and e-mail addresses are not confirmed. Whoever runs the server sets PARLOR_SMTP_URL.
mail-phone-none = Not configured: no text messages are sent, and numbers are not confirmed. Whoever runs the server sets PARLOR_SMS_URL.
mail-place = Handed over at
mail-no-sender = There is no sender’s address yet, so nothing is sent.
mail-counts = Since the start: { $delivered } handed over, { $failed } given up, { $waiting } waiting.
mail-last-failure = Last failure
mail-test = Send a test to me
mail-needed = Nothing is configured to send codes with.
flash-mail-sent = Handed over. Look whether it arrives.
flash-wrong-mail-failed = Not handed over: { $name }
flash-wrong-mail_off = Nothing is configured to send this with.
flash-wrong-no_address = Write your own address into your account first; the test goes there.
audit-mail-test = Sent a test letter
audit-field-channel = By
audit-value-email = mail
audit-value-phone = text message

# Letters. Subject, text of a mail, line of a text message.
letter-register-subject = Your code for { $site }
letter-register-text = Hello,

    your code to register with { $site } is

        { $code }

    It is good for { $minutes } minutes. If you did not ask for it, somebody mistyped an address: nothing needs to be done.
letter-register-line = { $site }: your code to register is { $code }, good for { $minutes } minutes.
letter-confirm-subject = Your code for { $site }
letter-confirm-text = Hello,

    your code to confirm this address for the account { $name } with { $site } is

        { $code }

    It is good for { $minutes } minutes. If you did not ask for it, do not pass it on: nothing happens without it.
letter-confirm-line = { $site }: your code to confirm this number is { $code }, good for { $minutes } minutes.
letter-recover-subject = A new password for { $site }
letter-recover-text = Hello { $name },

    your code for a new password with { $site } is

        { $code }

    It is good for { $minutes } minutes. If you did not ask for it, do not pass it on: your password stays as it is.
letter-recover-line = { $site }: your code for a new password is { $code }, good for { $minutes } minutes. Pass it on to nobody.
letter-known-subject = You have an account with { $site }
letter-known-text = Hello { $name },

    somebody wanted to register with { $site } with this address. It belongs to your account { $name } already.
    If that was you, log in, or ask for a new password on the login page. If not, nothing needs to be done.
letter-known-line = { $site }: this number belongs to the account { $name } already. Log in with it.
letter-replaced-subject = Your address with { $site } was changed
letter-replaced-text = Hello { $name },

    your account with { $site } has another address now, and this one is no longer used.
    If that was not you, tell an admin of { $site } at once.
letter-replaced-line = { $site }: the account { $name } has another number now. If that was not you, tell an admin.
letter-removed-subject = Your address with { $site } was removed
letter-removed-text = Hello { $name },

    this address was removed from your account with { $site }.
    If that was not you, tell an admin of { $site } at once.
letter-removed-line = { $site }: this number was removed from the account { $name }. If that was not you, tell an admin.
letter-recovered-subject = Your password for { $site } was changed
letter-recovered-text = Hello { $name },

    a new password was set for your account with { $site }, with a code, and all sessions were ended.
    If that was not you, tell an admin of { $site } at once.
letter-recovered-line = { $site }: a new password was set for { $name }. If that was not you, tell an admin.
letter-test-subject = A test
letter-test-text = If you read this, { $site } can send mail.
letter-test-line = { $site } can send text messages.
