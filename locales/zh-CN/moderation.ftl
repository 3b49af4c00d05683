# 被拒之门外的人登录时
login-banned = 这个账号已被封禁，无法登录。
login-deactivated = 这个账号已停用。如需恢复，请联系管理员。
login-reason = 原因：{ $reason }

# 谁能发言
rules = 发言规则
rules-who = 谁能发言
rules-reading = 阅读
post-policy = 可以发消息
post-policy-hint = 版主、房主和管理员不受限制
post-policy-everyone = 所有成员
post-policy-moderators = 仅版主和房主
post-policy-admins = 仅管理员
slow-mode = 发送间隔
slow-mode-hint = 同一个人两条消息之间至少要等多久
js-slow-none = 不限
public-read = 访客可以阅读
public-read-hint = 在站点允许访客时，没有登录的人能看到消息，但不能发言
archiving = 归档
archive-hint = 所有人只能阅读，之后可以恢复
js-archive = 归档房间
js-archive-do = 归档…
js-archive-text = 归档后，所有人都只能阅读“{ $room }”，不能再发言。
js-unarchive = 恢复房间
js-unarchive-do = 恢复
js-closed-archived = 这个房间已归档，只能阅读。
js-closed-moderators = 只有版主和房主可以发言，你可以阅读和回应。
js-closed-admins = 只有管理员可以发言，你可以阅读和回应。
js-slow = 慢速模式：两条消息之间要等 { $time }
js-send-in = { $time }后可发送
js-send = 发送
js-silenced = 你已被禁言：可以阅读，解除之前不能发言。
js-silenced-until = 你被禁言到 { $time }：可以阅读，不能发言。
js-silenced-chip = 已禁言
js-silence = 在本房间禁言…
js-silence-for = 禁言 { $time }
js-silence-forever = 禁言，直到解除
js-silence-lift = 解除禁言
js-silence-done = 已将 { $name } 禁言
js-silence-lifted = { $name } 可以发言了

# 为什么没发出去
js-error-archived = 房间已归档。
js-error-post_policy = 你不能在这个房间发言。
js-error-silenced = 你已被禁言。
js-error-slow_mode = 离上一条消息太近了，稍等一下。
js-error-words = 里面有不允许的词。

# 举报
js-report = 举报…
report-title = 举报消息
report-about = 管理员会看到这条消息和你的说明，其他人不会知道你举报过。
report-reason = 有什么问题？
report-spam = 广告或刷屏
report-abuse = 辱骂或骚扰
report-illegal = 违法内容
report-other = 其他
report-note = 补充说明
report-send = 举报
js-reported = 已举报，谢谢。
