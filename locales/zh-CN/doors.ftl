## 页面与服务器的连接方式（没有使用 WebSocket 时）。

js-way-events = 备用连接
js-way-asking = 慢速连接
