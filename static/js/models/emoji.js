// The emoji there are: names and tags in both languages, skin tones, and those picked last. No DOM here.

const TONE = 'setting:tone'
const RECENT = 'setting:emoji'
const KEPT = 24
const TONES = ['', '\u{1F3FB}', '\u{1F3FC}', '\u{1F3FD}', '\u{1F3FE}', '\u{1F3FF}']
// The sign for being shown in colours, after what is so by itself: the server knows those emoji without it.
const NEEDLESS = /(?<=\p{Emoji_Presentation})\uFE0F/gu
const PERSON = /\p{Emoji_Modifier_Base}\uFE0F?/gu

const files = new Map()
const entries = []

// The groups in the language of the page: lists of { emoji, names, codes, tags, toned, group }, `names` by language.
export async function load(language) {
  const own = language.startsWith('zh') ? 'zh' : 'en'
  await read(own)
  return entries
}

// One file; what both say of an emoji lies in one entry.
function read(language) {
  if (!files.has(language)) {
    const loading = fetch(new URL(`../../data/emoji.${language}.json`, import.meta.url)).then(async (answer) => {
      if (!answer.ok) throw new Error(`emoji: ${answer.status}`)
      const groups = await answer.json()
      for (const [index, [group, row]] of groups.flatMap((rows, group) => rows.map((row) => [group, row])).entries()) {
        entries[index] ??= { emoji: row[0].replace(NEEDLESS, ''), group, names: {}, codes: [], tags: '', toned: false }
        take[language](entries[index], row)
      }
    })
    files.set(language, loading)
    loading.catch(() => files.delete(language))
  }
  return files.get(language)
}

const take = {
  en(entry, [, name, codes, tags, toned]) {
    entry.names.en = name
    entry.codes = [...codes.split(' ').filter(Boolean), name.toLowerCase().replace(/[^a-z0-9]+/g, '_')]
    entry.tags += ` ${tags}`
    entry.toned = Boolean(toned)
  },
  zh(entry, [, name, tags]) {
    entry.names.zh = name
    entry.tags += ` ${tags}`
  },
}

// Those that fit, best first. The other language is read where the query is written in it.
export async function search(query, language, most = 80) {
  await load(language)
  await read(/\p{Script=Han}/u.test(query) ? 'zh' : 'en').catch(() => {})
  const words = query.toLowerCase().replace(/^:|:$/g, '').split(/[\s_]+/).filter(Boolean)
  if (!words.length) return []
  const ranked = entries.map((entry) => ({ entry, rank: rank(entry, words) })).filter(({ rank: value }) => value < Infinity)
  return ranked.sort((a, b) => a.rank - b.rank).slice(0, most).map(({ entry }) => entry)
}

function rank({ names, codes, tags }, words) {
  const whole = words.join('_')
  if (codes.includes(whole) || names.zh === whole) return 0
  const parts = [...Object.values(names), ...codes].flatMap((name) => [name.toLowerCase(), ...name.toLowerCase().split(/[\s_]+/)])
  if (words.every((word) => parts.some((part) => part.startsWith(word)))) return codes.some((code) => code.startsWith(whole)) ? 1 : 2
  const all = [...parts, ...tags.split(' ')]
  if (words.every((word) => all.some((part) => part.startsWith(word)))) return 3
  return words.every((word) => all.some((part) => part.includes(word))) ? 4 : Infinity
}

// The emoji with exactly this shortcode.
export async function byCode(code, language) {
  return (await search(code, language, 1)).find(({ codes, names }) => codes.includes(code.toLowerCase()) || names.zh === code) ?? null
}

// In the chosen skin tone.
export function toned(entry, tone = chosenTone()) {
  return entry.toned && tone ? entry.emoji.replace(PERSON, (person) => person.replace('\uFE0F', '') + TONES[tone]) : entry.emoji
}

export function chosenTone() { return Number(kept(TONE, '0')) || 0 }

export function chooseTone(tone) { keep(TONE, String(tone)) }

// Those picked last, newest first.
export function recent() {
  try {
    return JSON.parse(kept(RECENT, '[]'))
  } catch {
    return []
  }
}

export function remember(emoji) {
  keep(RECENT, JSON.stringify([emoji, ...recent().filter((other) => other !== emoji)].slice(0, KEPT)))
}

export const toneSample = (tone) => `✋${TONES[tone]}`

function kept(key, otherwise) {
  try {
    return localStorage.getItem(key) ?? otherwise
  } catch {
    return otherwise
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value)
  } catch { /* forbidden: it is chosen for as long as the page lives */ }
}
