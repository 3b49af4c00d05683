# 访客阅读
guest-rooms = 公开房间
guest-room = 公开房间 · { $count } 人
guest-reading = 你正以访客身份浏览，登录或注册后可以发言
guest-refresh = 刷新
guest-nothing = 这里还没有人说话
guest-choose = 选择一个房间
guest-choose-text = 这些房间任何人都可以阅读；登录或注册后可以发言。
