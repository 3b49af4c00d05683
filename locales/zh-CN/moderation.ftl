# 被拒之门外的人登录时
login-banned = 这个账号已被封禁，无法登录。
login-deactivated = 这个账号已停用。如需恢复，请联系管理员。
login-reason = 原因：{ $reason }
