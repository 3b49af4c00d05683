# 后台每一页的外框
admin = 管理后台
admin-navigation = 管理
admin-open-navigation = 打开导航
admin-back = 返回聊天
skip-to-content = 跳到正文
admin-overview = 概览
admin-users = 用户
admin-rooms = 房间
admin-messages = 消息
admin-presets = 预设
admin-announcement = 公告
admin-reports = 举报
admin-audit = 审计
admin-settings = 设置
admin-waiting = { $count } 条待处理

# 表单为什么没被接受
flash-wrong-forbidden = 你不能这样做。
flash-wrong-not_found = 它已经不在了。
flash-wrong-invalid = 有些内容不对，什么都没有改动。
flash-wrong-busy = 服务器正忙，什么都没有改动，请稍后再试。
