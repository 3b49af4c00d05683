// The service worker. It keeps the files of this build and the page that says that there is no network; never a page with
// content, an answer of the API, a message or one of its pictures. The server writes `BUILD`, `SHELL` and `MARK` above this text.
/* global BUILD, SHELL, MARK */

const STOCK = `shell-${BUILD}${MARK ?? ''}`
const OFFLINE = '/offline/'

addEventListener('install', (event) => {
  skipWaiting()
  event.waitUntil(fill())
})

addEventListener('activate', (event) => event.waitUntil(drop().then(() => clients.claim())))

addEventListener('message', (event) => { if (event.data === 'stock') event.waitUntil(fill()) })

addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin) return
  if (pathname.startsWith(`${BUILD}/`) || pathname === MARK) event.respondWith(asset(request))
  else if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => offline()))
})

addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(lead(event.notification.data))
})

async function fill() {
  const stock = await caches.open(STOCK)
  if (await stock.match(OFFLINE)) return
  await stock.addAll([OFFLINE, ...SHELL.map((path) => `${BUILD}/${path}`), ...MARK ? [MARK] : []])
}

// What older builds left.
async function drop() {
  for (const name of await caches.keys()) if (name !== STOCK) await caches.delete(name)
}

async function asset(request) {
  const known = await caches.match(request, { cacheName: STOCK })
  return known ?? fetch(request)
}

async function offline() {
  return (await caches.match(OFFLINE, { cacheName: STOCK })) ?? Response.error()
}

// To the message of a notice, in a tab that is there or in a new one.
async function lead(message) {
  const tabs = await clients.matchAll({ type: 'window' })
  // The other pages of the site do not hear it.
  const tab = tabs.find(({ url }) => /^\/(r\/.*)?$/.test(new URL(url).pathname))
  if (!tab) return clients.openWindow(message ? `/r/${message.room}/m/${message.seq}` : '/')
  await tab.focus()
  if (message) tab.postMessage({ open: message })
}
