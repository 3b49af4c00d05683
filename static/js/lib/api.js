// Requests to the REST API.

// What the server refused, or that it could not be asked (`offline`).
export class Refusal extends Error {
  constructor({ code, status = 0, retry = 'never', retry_after: retryAfter = null, codes = {}, detail = '' }) {
    super(detail || code)
    Object.assign(this, { code, status, retry, retryAfter, codes })
  }
}

export const api = {
  get: (path, options) => request('GET', path, undefined, options),
  post: (path, body) => request('POST', path, body),
  patch: (path, body) => request('PATCH', path, body),
  put: (path, body) => request('PUT', path, body),
  remove: (path) => request('DELETE', path),
}

async function request(method, path, body, { signal } = {}) {
  let response
  try {
    response = await fetch(`/api/v1/${path}`, {
      method,
      signal,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch (error) {
    if (error.name === 'AbortError') throw error
    throw new Refusal({ code: 'offline', retry: 'later' })
  }
  if (response.status === 401) endSession()
  if (response.status === 204) return null
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  const retry = answer.retry_after != null || response.status >= 500 ? 'later' : 'never'
  throw new Refusal({ code: 'unknown', retry, ...answer, status: response.status })
}

let ending = false

// The session is over: on to the login page, which says why where it is told, and back here afterwards. Drafts stay for the same
// person.
export function endSession(why) {
  if (ending) return
  ending = true
  location.assign(`/login/?next=${encodeURIComponent(location.pathname)}${why ? `&ended=${why}` : ''}`)
}
