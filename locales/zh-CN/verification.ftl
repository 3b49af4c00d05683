# 验证码、联系方式、忘记密码
code = 验证码
code-hint = 六位数字，五分钟内有效。没收到的话，也看看垃圾邮件。
code-send = 发送验证码
code-again = 换个地址，或重新获取验证码
code-sent-to = 验证码已发往
code-email = 邮件验证码
code-phone = 短信验证码
code-sent-email = 六位数字，五分钟内有效。没收到的话，也看看垃圾邮件。
code-sent-phone = 六位数字，五分钟内有效。
code-wrong-code = 验证码不对、已用过或已过期。请核对，或重新获取。
phone-hint = 以 + 和国家代码开头；中国大陆手机号可直接填 11 位。
rate-limited-minutes = 试得太多了，请 { $minutes } 分钟后再试。
register-step-address = 先填联系方式：我们会发一个验证码过去，凭它继续注册。
register-verify-off = 在这里注册需要验证联系方式，但服务器目前发不出验证码。请联系本站管理员。
register-more-email = 邮箱（可不填）
register-more-phone = 手机号（可不填）
login-forgot-code = 忘记密码？
forgot-title = 忘记密码
forgot-welcome = 我们会把验证码发到你验证过的邮箱或手机，凭它设置新密码。
forgot-account = 邮箱、手机号或用户名
forgot-account-hint = 填验证过的邮箱或手机号，或你的用户名。
forgot-sent = 如果有对应的账号并且验证过联系方式，验证码已经发出。你填的是：
reach-title = 联系方式
reach-welcome = 验证过的联系方式可以在忘记密码时帮到你。只有你和管理员看得到。
reach-email = 邮箱
reach-phone = 手机号
reach-none = 未填写
reach-add = 添加
reach-change = 更换
reach-show = 查看
reach-confirm = 验证
reach-confirmed = 已验证
reach-unconfirmed = 未验证
reach-text = 我们会发一个验证码过去，把它填在这里就好。
reach-change-text = 验证码会发到新的联系方式。验证之前仍用现在的，更换后也会通知它。
reach-remove = 移除
reach-remove-text = 没有验证过的联系方式，忘记密码时只能找管理员。
reach-needed = 这里要求每个人都有验证过的联系方式。你可以更换它。
reach-off = 服务器目前不发验证码，无法验证联系方式。
reach-already = 这个已经验证过了。
reach-back = 返回账号页面
reach-saved = 验证成功。
reach-removed = 已移除。

# 邮件设置
settings-section-mail = 邮件与验证码
setting-verify_email = 验证邮箱
setting-verify_email-help = 用邮件发送验证码。
setting-verify_email-cost = 设为必须的代价：没有邮箱的人无法注册
setting-verify_email-off = 不验证
setting-verify_email-optional = 自愿
setting-verify_email-required = 注册时必须
setting-verify_phone = 验证手机号
setting-verify_phone-help = 用短信发送验证码。
setting-verify_phone-cost = 代价：每条短信的费用
setting-verify_phone-off = 不验证
setting-verify_phone-optional = 自愿
setting-verify_phone-required = 注册时必须
setting-mail_sender = 发件人名称
setting-mail_sender-help = 留空则用本站名称。
setting-mail_sender-cost = -
setting-mail_from = 发件人地址
setting-mail_from-help = 留空则用邮件服务器的用户名（如果它是邮箱地址）。
setting-mail_from-cost = -
mail-email = 邮件
mail-phone = 短信
mail-email-none = 未配置：不发邮件，也不验证邮箱。由运行服务器的人设置 PARLOR_SMTP_URL。
mail-phone-none = 未配置：不发短信，也不验证手机号。由运行服务器的人设置 PARLOR_SMS_URL。
mail-place = 发送服务器
mail-no-sender = 还没有发件人地址，暂时什么也发不出去。
mail-counts = 启动以来：已送出 { $delivered } 封，放弃 { $failed } 封，排队 { $waiting } 封。
mail-last-failure = 最近一次失败
mail-test = 给我发一封测试
mail-needed = 还没有配置发送验证码的途径。
flash-mail-sent = 已送出，请看看是否收到。
flash-wrong-mail-failed = 没有送出：{ $name }
flash-wrong-mail_off = 还没有配置发送的途径。
flash-wrong-no_address = 请先在账号页面填上自己的联系方式，测试会发到那里。
audit-mail-test = 发送测试
audit-field-channel = 方式
audit-value-email = 邮件
audit-value-phone = 短信

# 信件：标题、邮件正文、短信
letter-register-subject = { $site } 验证码
letter-register-text = 你好：

    你在 { $site } 注册的验证码是

        { $code }

    { $minutes } 分钟内有效。如果不是你本人操作，可能是别人填错了地址，无需理会。
letter-register-line = 【{ $site }】注册验证码 { $code }，{ $minutes } 分钟内有效。
letter-confirm-subject = { $site } 验证码
letter-confirm-text = 你好：

    为 { $site } 账号 { $name } 验证这个邮箱的验证码是

        { $code }

    { $minutes } 分钟内有效。如果不是你本人操作，请勿告诉他人；没有验证码，什么也不会发生。
letter-confirm-line = 【{ $site }】验证手机号的验证码 { $code }，{ $minutes } 分钟内有效。
letter-recover-subject = 重设 { $site } 密码
letter-recover-text = { $name }，你好：

    你在 { $site } 重设密码的验证码是

        { $code }

    { $minutes } 分钟内有效。如果不是你本人操作，请勿告诉他人，你的密码不会改变。
letter-recover-line = 【{ $site }】重设密码的验证码 { $code }，{ $minutes } 分钟内有效，请勿告诉他人。
letter-known-subject = 你已有 { $site } 账号
letter-known-text = { $name }，你好：

    有人想用这个邮箱注册 { $site }，但它已属于你的账号 { $name }。
    如果是你本人，请直接登录，或在登录页重设密码。如果不是，无需理会。
letter-known-line = 【{ $site }】这个手机号已属于账号 { $name }，请直接登录。
letter-replaced-subject = 你在 { $site } 的邮箱已更换
letter-replaced-text = { $name }，你好：

    你的 { $site } 账号已换用别的联系方式，这个不再使用。
    如果不是你本人操作，请立即联系 { $site } 的管理员。
letter-replaced-line = 【{ $site }】账号 { $name } 已更换手机号。如果不是你本人操作，请联系管理员。
letter-removed-subject = 你在 { $site } 的邮箱已移除
letter-removed-text = { $name }，你好：

    这个邮箱已从你的 { $site } 账号移除。
    如果不是你本人操作，请立即联系 { $site } 的管理员。
letter-removed-line = 【{ $site }】这个手机号已从账号 { $name } 移除。如果不是你本人操作，请联系管理员。
letter-recovered-subject = 你在 { $site } 的密码已更改
letter-recovered-text = { $name }，你好：

    你的 { $site } 账号已用验证码设置了新密码，所有登录都已退出。
    如果不是你本人操作，请立即联系 { $site } 的管理员。
letter-recovered-line = 【{ $site }】账号 { $name } 已设置新密码。如果不是你本人操作，请联系管理员。
letter-test-subject = 测试
letter-test-text = 看到这封邮件，说明 { $site } 可以发邮件。
letter-test-line = 【{ $site }】可以发短信了。
