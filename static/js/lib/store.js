// What this device keeps: unsent messages in IndexedDB (drafts lie in localStorage). All of it goes at logout, and when
// another person logs in.

const NAME = 'parlor'
const STORE = 'outbox'

let opening = null

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: 'client_id' }).createIndex('owner', 'owner')
    }
    request.onsuccess = () => {
      // Another tab that wipes must not wait for us.
      request.result.onversionchange = () => { request.result.close(); opening = null }
      resolve(request.result)
    }
    request.onerror = () => reject(request.error)
  })
  opening.catch(() => { opening = null })
  return opening
}

async function run(mode, act) {
  const transaction = (await database()).transaction(STORE, mode)
  return new Promise((resolve, reject) => {
    const request = act(transaction.objectStore(STORE))
    transaction.oncomplete = () => resolve(request.result)
    transaction.onerror = transaction.onabort = () => reject(transaction.error)
  })
}

export const outbox = {
  put: (entry) => run('readwrite', (store) => store.put(entry)),
  remove: (id) => run('readwrite', (store) => store.delete(id)),
  all: (owner) => run('readonly', (store) => store.index('owner').getAll(owner)),
}

// Erases everything of everybody, also what the service worker keeps. Never fails: a logout must go on.
export async function wipe() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key === 'person' || /^(draft|setting):/.test(key)) localStorage.removeItem(key)
    }
  } catch { /* nothing is kept where nothing may be kept */ }
  try {
    for (const key of await globalThis.caches?.keys() ?? []) await caches.delete(key)
    const worker = await navigator.serviceWorker?.getRegistration()
    for (const notice of await worker?.getNotifications() ?? []) notice.close()
  } catch { /* as above */ }
  await new Promise((resolve) => {
    try {
      const request = indexedDB.deleteDatabase(NAME)
      request.onsuccess = request.onerror = request.onblocked = resolve
    } catch {
      resolve()
    }
  })
}
