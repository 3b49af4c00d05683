// The account pages. Every form works without this file; it adds what helps while typing.

import { wipe } from './lib/store.js'
import { wireCopy } from './views/copy.js'

const COMMON = ['password', 'passwort', '12345678', '123456789', '1234567890', 'qwertyui', 'qwerty123', 'qwertyuiop', 'iloveyou',
  'abc12345', 'abcd1234', '11111111', '00000000', '88888888', 'password1', '1q2w3e4r', 'admin123', 'letmein1', 'sunshine']

for (const field of document.querySelectorAll('[data-password]')) wirePassword(field)
for (const form of document.querySelectorAll('form[data-once]')) form.addEventListener('submit', (event) => sendOnce(event, form))
wireSetup(document.querySelector('form[data-setup]'))
wireLogout(document.querySelector('form[data-logout]'))
wirePicture(document.querySelector('#picture'))
wireChoice(document.querySelector('#avatar'))
for (const button of document.querySelectorAll('[data-copy]')) wireCopy(button)
for (const time of document.querySelectorAll('.sessions time, .tokens time')) localize(time)
document.querySelector('[aria-invalid="true"], .form-alert[role="alert"]')?.focus()

function wirePassword(field) {
  const input = field.querySelector('input')
  const button = field.querySelector('[data-show]')
  const capsLock = field.querySelector('[data-caps-lock]')
  button.hidden = false
  button.addEventListener('click', () => {
    const shown = input.type === 'password'
    input.type = shown ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(shown))
    const use = button.querySelector('use')
    use.setAttribute('href', use.getAttribute('href').replace(/#.*/, shown ? '#eye-off' : '#eye'))
  })
  const hint = (event) => { capsLock.hidden = !event.getModifierState?.('CapsLock') }
  input.addEventListener('keydown', hint)
  input.addEventListener('keyup', hint)
  input.addEventListener('blur', () => { capsLock.hidden = true })
  const rules = field.querySelector('[data-rules]')
  if (rules) wireRules(field, input, rules)
}

function wireRules(field, input, rules) {
  const name = document.querySelector('#username')
  const strength = field.querySelector('[data-strength]')
  const words = strength.querySelector('[data-words]').dataset.words.split('|')
  const check = () => {
    const value = input.value
    const lower = value.toLowerCase()
    const length = [...value].length
    tick(rules, 'length', length >= 8 && length <= 128)
    tick(rules, 'name', value !== '' && lower !== name?.value.toLowerCase())
    tick(rules, 'common', value !== '' && !COMMON.includes(lower) && new Set(lower).size > 2)
    const score = strengthOf(value)
    strength.hidden = value === ''
    strength.querySelector('meter').value = score
    strength.querySelector('[data-words]').textContent = value ? words[score] : ''
  }
  input.addEventListener('input', check)
  name?.addEventListener('input', check)
  check()
}

function tick(rules, name, done) {
  const rule = rules.querySelector(`[data-rule="${name}"]`)
  rule.classList.toggle('rule-done', done)
  const use = rule.querySelector('use')
  use.setAttribute('href', use.getAttribute('href').replace(/#.*/, done ? '#circle-check' : '#circle'))
  const state = rule.querySelector('[data-done]')
  state.textContent = done ? state.dataset.done : state.dataset.open
}

// 0 to 4 by the bits a guesser without a dictionary needs; repeats and runs count little.
function strengthOf(value) {
  let pool = 0
  if (/[a-z]/.test(value)) pool += 26
  if (/[A-Z]/.test(value)) pool += 26
  if (/[0-9]/.test(value)) pool += 10
  if (/[ -/:-@[-`{-~]/.test(value)) pool += 33
  if (/[^ -~]/.test(value)) pool += 1000
  const characters = [...value]
  const fresh = characters.filter((character, index) => {
    const step = index && character.codePointAt(0) - characters[index - 1].codePointAt(0)
    return !index || Math.abs(step) > 1
  }).length
  if (characters.length < 8 || COMMON.includes(value.toLowerCase())) return 0
  const bits = (fresh + (characters.length - fresh) * 0.3) * Math.log2(pool || 1)
  return [36, 48, 60, 75].filter((limit) => bits >= limit).length
}

function sendOnce(event, form) {
  if (form.dataset.sent) event.preventDefault()
  form.dataset.sent = 'yes'
  const button = form.querySelector('[type="submit"]')
  button.setAttribute('aria-disabled', 'true')
  // A page that comes back from the browser's cache can be sent again.
  addEventListener('pageshow', () => {
    delete form.dataset.sent
    button.removeAttribute('aria-disabled')
  }, { once: true })
}

// The token stands in the fragment so that no log has it.
function wireSetup(form) {
  if (!form || location.hash.length < 2) return
  form.querySelector('#token').value = decodeURIComponent(location.hash.slice(1))
  form.querySelector('#username, #password').focus()
}

// What this device kept of the account goes before the session does.
function wireLogout(form) {
  form?.addEventListener('submit', async (event) => {
    if (form.dataset.wiped) return
    event.preventDefault()
    await wipe()
    form.dataset.wiped = 'yes'
    form.requestSubmit()
  })
}

// My picture: picked or dropped, cut to a square, and kept at once.
function wirePicture(box) {
  if (!box) return
  const input = box.querySelector('input')
  const card = box.closest('.account-card')
  const send = async (file) => {
    say(box, '')
    const square = await cut(file, box)
    if (!square) return
    const body = new FormData()
    body.append('file', square)
    await change(box, { method: 'PUT', body })
  }
  input.addEventListener('change', async () => { await send(input.files[0]); input.value = '' })
  box.querySelector('#picture-remove').addEventListener('click', () => change(box, { method: 'DELETE' }))
  wireDrop(card, send)
}

async function change(box, request) {
  box.setAttribute('aria-busy', 'true')
  const response = await fetch('/api/v1/me/avatar', request).catch(() => null)
  box.removeAttribute('aria-busy')
  if (response?.status === 401) return location.assign('/login/?next=/account/')
  if (!response?.ok) return say(box, response?.status === 415 || response?.status === 413 || response?.status === 422 ? box.dataset.wrong : box.dataset.failed)
  const { user } = await response.json()
  showPicture(box.closest('.account-card').querySelector('.avatar'), user.avatar_large_url ?? user.avatar_url)
  box.querySelector('#picture-remove').hidden = !user.avatar_url
}

// The picture a new account starts with: the square takes the place of the file that was picked.
function wireChoice(input) {
  if (!input) return
  const box = input.closest('.picture')
  const face = box.querySelector('.avatar')
  const take = async (file) => {
    say(box, '')
    const square = file && await cut(file, box)
    const files = new DataTransfer()
    if (square) files.items.add(square)
    input.files = files.files
    showPicture(face, square ? URL.createObjectURL(square) : null)
  }
  input.addEventListener('change', () => take(input.files[0]))
  wireDrop(box, take)
}

async function cut(file, box) {
  try {
    const { crop } = await import('./views/crop.js')
    return await crop(file)
  } catch {
    say(box, box.dataset.wrong)
    return null
  }
}

function wireDrop(place, take) {
  place.addEventListener('dragover', (event) => {
    if (![...event.dataTransfer.types].includes('Files')) return
    event.preventDefault()
    place.classList.add('picture-over')
  })
  for (const type of ['dragleave', 'drop']) place.addEventListener(type, () => place.classList.remove('picture-over'))
  place.addEventListener('drop', (event) => {
    const [file] = event.dataTransfer.files
    if (!file) return
    event.preventDefault()
    take(file)
  })
}

function showPicture(face, url) {
  const known = face.querySelector('img')
  if (known?.src.startsWith('blob:')) URL.revokeObjectURL(known.src)
  known?.remove()
  if (!url) return
  const picture = document.createElement('img')
  picture.alt = ''
  picture.src = url
  face.append(picture)
}

function say(box, text) {
  const error = box.querySelector('.field-error')
  error.hidden = !text
  error.querySelector('span').textContent = text
}

function localize(time) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' })
  time.textContent = format.format(new Date(time.dateTime))
}
