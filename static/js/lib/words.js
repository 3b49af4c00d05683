// Words and times in the page's language.

const strings = JSON.parse(document.querySelector('#strings').textContent)
export const locale = document.documentElement.lang
const rules = new Intl.PluralRules(locale)

// The text of a key, its `{$name}` filled in; the key itself where there is none.
export function t(key, values = {}) {
  return fill(strings[key] ?? key, values)
}

// The form of a key for this many.
export function plural(key, count, values = {}) {
  const forms = strings[key] ?? {}
  return fill(forms[rules.select(count)] ?? forms.other ?? key, { count, ...values })
}

// What went wrong, by the code of the protocol.
// What somebody says of being away.
export const awayText = (user) => [t('away'), user.away].filter(Boolean).join(' · ')

export function errorText(code) {
  return strings[`error-${code}`] ?? strings['error-unknown']
}

function fill(text, values) {
  return text.replace(/\{\$(\w+)\}/g, (variable, name) => values[name] ?? variable)
}

const format = (options) => new Intl.DateTimeFormat(locale, options)
const clockFormat = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const weekdayFormat = format({ weekday: 'long' })
const dayFormat = format({ month: 'long', day: 'numeric', weekday: 'long' })
const yearFormat = format({ year: 'numeric', month: 'long', day: 'numeric' })
const shortDayFormat = format({ month: 'numeric', day: 'numeric' })
const fullFormat = format({ dateStyle: 'long', timeStyle: 'long' })
const numberFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
const relativeFormat = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

// "2 minutes", in the largest unit that is whole.
export function duration(seconds) {
  const [unit, size] = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]].find(([, size]) => seconds % size === 0)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size)
}

const MIDNIGHT = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate())

// Local days between a time and now; 0 is today.
function daysAgo(date, now) {
  return Math.round((MIDNIGHT(now) - MIDNIGHT(date)) / 86_400_000)
}

// "09:12"
export const clock = (date) => clockFormat.format(date)

// "1.8 MB"
export function size(bytes) {
  if (bytes < 1_000_000) return `${numberFormat.format(Math.max(1, Math.round(bytes / 1_000)))} kB`
  return `${numberFormat.format(bytes / 1_000_000)} MB`
}

// Date, time and zone, for tooltips.
export const fullTime = (date) => fullFormat.format(date)

// "November 20, 2026"
export const longDay = (date) => yearFormat.format(date)

// A name for a local day that sorts and compares.
export function dayKey(date) {
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

// Today, yesterday, the weekday within six days, else the date.
export function dayName(date, now = new Date()) {
  const days = daysAgo(date, now)
  if (days === 0 || days === 1) return capitalized(relativeFormat.format(-days, 'day'))
  if (days > 1 && days < 7) return weekdayFormat.format(date)
  return date.getFullYear() === now.getFullYear() ? dayFormat.format(date) : yearFormat.format(date)
}

// As short as a list allows: the time today, else the day.
export function listTime(date, now = new Date()) {
  const days = daysAgo(date, now)
  if (days === 0) return clock(date)
  if (days > 0 && days < 7) return dayName(date, now)
  return date.getFullYear() === now.getFullYear() ? shortDayFormat.format(date) : yearFormat.format(date)
}

const capitalized = (text) => text.charAt(0).toLocaleUpperCase(locale) + text.slice(1)
