// The account pages. Every form works without this file; it adds what helps while typing.

import { wipe } from './lib/store.js'

const COMMON = ['password', 'passwort', '12345678', '123456789', '1234567890', 'qwertyui', 'qwerty123', 'qwertyuiop', 'iloveyou',
  'abc12345', 'abcd1234', '11111111', '00000000', '88888888', 'password1', '1q2w3e4r', 'admin123', 'letmein1', 'sunshine']

for (const field of document.querySelectorAll('[data-password]')) wirePassword(field)
for (const form of document.querySelectorAll('form[data-once]')) form.addEventListener('submit', (event) => sendOnce(event, form))
wireSetup(document.querySelector('form[data-setup]'))
wireLogout(document.querySelector('form[data-logout]'))
for (const time of document.querySelectorAll('.sessions time')) localize(time)
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
  form.querySelector('#username').focus()
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

function localize(time) {
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' })
  time.textContent = format.format(new Date(time.dateTime))
}
