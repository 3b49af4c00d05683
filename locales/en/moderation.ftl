# Login of who was shut out
login-banned = This account is banned. You cannot log in.
login-deactivated = This account is out of use. Ask an admin if you need it again.
login-reason = Reason: { $reason }
