# 所有房间的消息
admin-messages-note = 最新在前
admin-messages-filter = 筛选消息
admin-messages-search = 搜索文字
admin-messages-anybody = 任何人
admin-messages-sender = 发送者
admin-messages-text = 内容
admin-messages-room = 房间
admin-messages-kind = 种类
admin-messages-kind-text = 文字
admin-messages-kind-image = 图片
admin-messages-kind-preset = 预设
admin-messages-time = 时间
admin-messages-since = 从
admin-messages-until = 到
admin-messages-images = 含图片
admin-messages-image = { $count ->
    [one] 图片
   *[other] { $count } 张图片
}
admin-messages-caption = 消息，最新在前
admin-messages-direct = 私聊
admin-messages-more = 另外 { $count } 个
admin-messages-policy-off = 这里有公开房间，以及你所在的受邀房间。其他受邀房间和私聊不在结果里。
admin-messages-policy-on = 受邀房间和私聊也在结果里，每次查看都写入审计。
admin-messages-policy-set = 设置
admin-messages-open = 在房间里打开
admin-messages-delete = 删除…
admin-messages-bulk = 批量操作
admin-messages-delete-some = 删除…
admin-messages-delete-all = 这次搜索的全部…
admin-messages-none = 没有找到消息。
admin-messages-none-yet = 还没有找到，更早的消息还没查。
admin-messages-newest = 最新
admin-messages-older = 更早
admin-messages-reason = 理由
admin-messages-reason-note = (写入审计)
admin-messages-wrong-blank = 至少输入一个字、字母或数字，只有标点找不到东西。
admin-messages-wrong-too_long = 最多搜索 200 个字。
admin-messages-wrong-room = 没有这个房间，或者它不公开。
admin-messages-wrong-person = 没有人叫这个名字。
admin-messages-wrong-day = 这不是日期。
admin-messages-wrong-kind = 没有这种消息。
admin-messages-wrong-before = 没有这一页。
admin-messages-wrong-rate_limited = 搜索太频繁，请稍等再试。
confirm-messages-title = 删除 { $count } 条消息?
confirm-messages-text = 图片和搜索索引一起删除，在线的窗口立刻消失，不能恢复。
confirm-messages-button = 删除 { $count } 条
flash-messages-deleted = { $count ->
    [0] 没有可以删除的消息了。
   *[other] 已删除 { $count } 条消息。
}
flash-wrong-messages-none = 请至少选择一条消息。
