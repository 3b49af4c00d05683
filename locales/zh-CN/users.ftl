# 后台的用户
users-totals = { $all } 人 · { $online } 人在线 · { $banned } 人封禁
users-invites = 邀请链接
users-add = 添加用户
users-filter = 筛选用户
users-search = 搜索姓名、账号或邮箱
users-none = 没有符合的用户。
users-shown = 本页 { $count } 人
users-bulk = 批量操作
export-csv = 导出 CSV
user-name = 用户
user-role = 角色
user-role-member = 成员
user-role-admin = 管理员
user-role-bot = 机器人
user-role-text-member = 发言，建房间
user-role-text-admin = 全部，包括本后台
user-role-text-bot = 程序账号
user-state = 状态
user-state-active = 正常
user-state-silenced = 禁言
user-state-banned = 已封禁
user-state-deactivated = 已停用
user-silenced-until = 禁言至
user-seen = 在线
user-seen-now = 现在
user-seen-week = 7 天内
user-seen-earlier = 更早
user-last-seen = 最近在线
user-online = 在线
user-never = 从未
user-messages = 消息
user-sessions = 会话
user-joined = 加入
user-details = 详情
user-their-messages = 发过的消息
user-deeds = 做过的事
user-menu-reset = 重置密码链接…
user-menu-sessions = 结束所有会话…
user-menu-role = 改角色…
user-menu-silence = 禁言…
user-menu-unsilence = 解除禁言…
user-menu-ban = 封禁…
user-menu-unban = 解除封禁…
user-menu-deactivate = 停用…
user-menu-reactivate = 恢复…

# 一个人
user-sanction = 禁言或封禁
user-sanction-what = 做什么
user-sanction-note = 立即生效，在线的窗口也会收到
user-sanction-submit = 执行
user-silence = 禁言
user-silence-text = 能看，不能发
user-ban = 封禁
user-ban-text = 会话全部结束，账号名保留
user-term = 多久
user-term-hint = 只对禁言有效；封禁直到解除为止。
user-term-hour = 1 小时
user-term-day = 1 天
user-term-week = 7 天
user-term-month = 30 天
user-term-ever = 直到解除
user-reason = 理由
user-reason-hint = 本人登录时看得到，并写入审计。
user-reason-hint-silence = 写入审计。
user-reason-hint-both = 写入审计；被封禁的人登录时看得到。
user-reason-now = 已写的理由：
user-role-note = 至少保留一位管理员
user-role-save = 保存角色
user-sessions-end-all = 全部结束
user-sessions-none = 没有会话。
session-device = 设备
session-address = 地址
session-seen = 最近
session-began = 登录
session-unknown = 未知
session-mine = 当前
session-end = 结束会话 { $name }
user-facts = 资料
user-id = 编号
user-invited-by = 邀请人
user-locale-en = English
user-locale-zh-CN = 简体中文
user-reset = 一次性重置链接
user-reset-copy = 复制链接
user-reset-once = 只能用一次，24 小时内有效。只显示这一次，请亲自交给本人。
user-reset-none = 给忘记密码的人。只能用一次，24 小时内有效。
user-reset-open = 已有一个链接，有效期至
user-reset-out = 已封禁或停用的账号没有重置链接。
user-reset-make = 生成链接
user-reset-other = 换一个
user-reset-void = 作废
user-log = 记录
user-log-none = 还没有记录。
user-account = 账号
user-deactivate = 停用账号
user-deactivate-text = 不能登录；消息和账号名都保留，可恢复。账号永远不会被删除。
user-reactivate = 恢复账号
user-reactivate-text = 可以重新登录。
user-unban = 解除封禁
user-unban-text = 可以重新登录。
user-new-note = 账号名会一直保留：账号永远不会被删除。
user-new-password-hint = 留空则生成一次性链接，由本人自己设置。

# 确认
confirm-user-silence-title = { $count ->
    [1] 禁言 { $name }？
   *[other] 禁言 { $count } 人？
}
confirm-user-silence-text = 在任何房间都只能看、不能发，直到时间结束或由你解除。
confirm-user-silence-button = 禁言
confirm-user-unsilence-title = { $count ->
    [1] 解除 { $name } 的禁言？
   *[other] 解除 { $count } 人的禁言？
}
confirm-user-unsilence-text = 单个房间里的禁言不受影响。
confirm-user-unsilence-button = 解除禁言
confirm-user-ban-title = { $count ->
    [1] 封禁 { $name }？
   *[other] 封禁 { $count } 人？
}
confirm-user-ban-text = 所有会话立刻结束，不能再登录。消息保留，账号名保留；封禁可以解除。
confirm-user-ban-button = 封禁
confirm-user-unban-title = { $count ->
    [1] 解除 { $name } 的封禁？
   *[other] 解除 { $count } 人的封禁？
}
confirm-user-unban-text = 可以重新登录。
confirm-user-unban-button = 解除封禁
confirm-user-deactivate-title = { $count ->
    [1] 停用 { $name } 的账号？
   *[other] 停用 { $count } 个账号？
}
confirm-user-deactivate-text = 所有会话立刻结束，不能再登录。什么都不会删除：消息和账号名都保留，账号可以恢复。
confirm-user-deactivate-button = 停用
confirm-user-reactivate-title = { $count ->
    [1] 恢复 { $name } 的账号？
   *[other] 恢复 { $count } 个账号？
}
confirm-user-reactivate-text = 可以重新登录。
confirm-user-reactivate-button = 恢复
confirm-user-sessions-title = { $count ->
    [1] 结束 { $name } 的所有会话？
   *[other] 结束 { $count } 人的所有会话？
}
confirm-user-sessions-text = 打开的窗口都会关闭，可以重新登录。
confirm-user-sessions-button = 结束会话
confirm-user-role-title = { $count ->
    [1] 改 { $name } 的角色？
   *[other] 改 { $count } 人的角色？
}
confirm-user-role-text = 立即生效。管理员可以做任何事，包括使用本后台。
confirm-user-role-button = 改角色

# 做了什么
flash-user-silence = { $count ->
    [1] 已禁言 { $name }。
   *[other] 已禁言 { $count } 人。
}
flash-user-unsilence = { $count ->
    [1] { $name } 可以发言了。
   *[other] { $count } 人可以发言了。
}
flash-user-ban = { $count ->
    [1] 已封禁 { $name }，会话已全部结束。
   *[other] 已封禁 { $count } 人，会话已全部结束。
}
flash-user-unban = { $count ->
    [1] { $name } 可以重新登录了。
   *[other] { $count } 人可以重新登录了。
}
flash-user-deactivate = { $count ->
    [1] 已停用 { $name } 的账号。
   *[other] 已停用 { $count } 个账号。
}
flash-user-reactivate = { $count ->
    [1] 已恢复 { $name } 的账号。
   *[other] 已恢复 { $count } 个账号。
}
flash-user-sessions = { $count ->
    [1] 已结束 { $name } 的所有会话。
   *[other] 已结束 { $count } 人的所有会话。
}
flash-user-session = 会话已结束。
flash-user-role = { $count ->
    [1] 已改 { $name } 的角色。
   *[other] 已改 { $count } 人的角色。
}
flash-user-added = 已添加 { $name }。
flash-user-reset-void = 链接已作废。
flash-wrong-self = 不能对自己这样做。{ $count ->
    [0] 什么都没有改动。
   *[other] 其余 { $count } 人已处理。
}
flash-wrong-last_admin = { $name } 是最后一位管理员，请先让别人当管理员。{ $count ->
    [0] 什么都没有改动。
   *[other] 其余 { $count } 人已处理。
}
flash-wrong-banned = { $name } 已被封禁，请先解除封禁。
flash-wrong-deactivated = { $name } 的账号已停用，请先恢复。

# 邀请
invites-filter = 筛选邀请
invites-none = 没有邀请。
invites-note-open = 现在任何人都可以注册；凭邀请来的人会计数。
invites-note-invite = 现在注册需要邀请。
invites-note-closed = 现在不开放注册，有邀请也不行。
invite-new = 新邀请
invite-link = 邀请链接
invite-copy = 复制链接
invite-once = 链接只显示这一次，拿到的人就能注册。
invite-note = 备注
invite-note-hint = 给谁用的；只有管理员看得到。
invite-no-note = 邀请 { $id }
invite-uses = 可注册几个账号
invite-uses-hint = 留空则不限。
invite-used = 已用
invite-life = 有效期
invite-life-day = 1 天
invite-life-week = 7 天
invite-life-month = 30 天
invite-life-ever = 直到撤销
invite-expires = 有效期至
invite-by = 创建人
invite-made = 创建时间
invite-make = 生成链接
invite-revoke = 撤销
invite-revoke-this = 撤销 { $name }
invite-state-valid = 有效
invite-state-revoked = 已撤销
invite-state-expired = 已过期
invite-state-used_up = 已用完
flash-invite-revoked = 邀请已撤销。

# 注册
register-closed = 现在不开放注册，请联系网站的管理员。
register-invite-only = 注册需要邀请。请打开邀请链接，或输入邀请码。
register-invite-needed = 注册需要邀请。
register-invite-invalid = 这个邀请已经失效，请再要一个。
register-invited = 你已受邀注册。
register-invite = 邀请码
register-invite-hint = 链接里“invite=”后面的部分。

# 用一次性链接设置新密码
reset-title = 设置新密码
reset-welcome = 链接来自管理员，只能用一次。
reset-invalid = 这个链接已经失效，请向管理员再要一个。
reset-token = 重置码
reset-token-hint = 链接里 # 后面的部分。
reset-submit = 设置密码
login-forgot = 忘记密码？可以向管理员要一次性重置链接。
reset-done = 新密码已设置，所有会话已结束，请用新密码登录。

# 进入后台
admin-open = 管理后台
