// The service worker: the page's one address that the Trusted Types of its policy let through.

const URL_OF_WORKER = '/sw.js'

// Registers it, and has it look whether its stock is whole: a logout empties it.
export async function register() {
  if (!navigator.serviceWorker) return
  const policy = globalThis.trustedTypes?.createPolicy('chat', { createScriptURL: onlyWorker })
  try {
    await navigator.serviceWorker.register(policy ? policy.createScriptURL(URL_OF_WORKER) : URL_OF_WORKER, { updateViaCache: 'none' })
    const { active } = await navigator.serviceWorker.ready
    active.postMessage('stock')
  } catch { /* the chat does without */ }
}

function onlyWorker(url) {
  if (url !== URL_OF_WORKER) throw new TypeError('no other script')
  return url
}
