# 后台各表格共用
table-filter = 筛选
table-clear = 清除筛选
table-any = 全部
table-pages = 分页
table-previous = 上一页
table-next = 下一页
table-select = 选择 { $name }
table-select-all = 选择本页全部
table-selected-some = 已选
table-selected = 已选 { $count } 项
table-deselect = 取消选择
table-acts = 操作
table-acts-on = { $name } 的操作
table-copied = 已复制

# 确认
confirm-back = 返回
confirm-count = 输入数量 { $count } 以确认
confirm-count-hint = 一次超过 10 项时要输入数量。
confirm-count-wrong = 请输入数量 { $count }。
