// Building and updating elements. Text goes in as text: no string is ever read as markup.

import { t } from './words.js'

const ICONS = new URL('../../img/icons.svg', import.meta.url).pathname
const SVG = 'http://www.w3.org/2000/svg'

export const find = (selector, root = document) => root.querySelector(selector)

// element('button', { class: 'x', onclick: f }, 'text', child …)
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value)
    else if (value === true) node.setAttribute(key, '')
    else if (value !== false && value != null) node.setAttribute(key, value)
  }
  node.append(...children.filter((child) => child != null))
  return node
}

// A copy of what a <template> holds.
export function clone(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true)
}

export function icon(name, size = '') {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', size ? `icon icon-${size}` : 'icon')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(document.createElementNS(SVG, 'use'))
  return setIcon(svg, name)
}

export function setIcon(svg, name) {
  const href = `${ICONS}#${name}`
  const use = svg.firstElementChild
  if (use.getAttribute('href') !== href) use.setAttribute('href', href)
  return svg
}

const segmenter = new Intl.Segmenter()

// The first character as people see it.
export function initial(name) {
  const [first] = segmenter.segment(name.trim())
  return (first?.segment ?? '?').toUpperCase()
}

// `presence`: undefined (not shown), 'online' or 'away'. The first character lies beneath the picture, for those that do
// not load.
export function setAvatar(node, person, presence, url = person.avatar_url) {
  for (const name of [...node.classList]) if (name.startsWith('hue-')) node.classList.remove(name)
  node.classList.add(`hue-${person.id % 12}`)
  const picture = url ? pictureIn(node, url) : ''
  node.replaceChildren(initial(person.nickname), picture, presence ? element('i', { class: presence === 'away' ? 'presence presence-away' : 'presence' }) : '')
  return node
}

// The picture that is there already is kept, so that it does not flicker.
function pictureIn(node, url) {
  const known = find('img', node)
  if (known?.getAttribute('src') === url) return known
  const picture = element('img', { alt: '', decoding: 'async', loading: 'lazy', draggable: 'false' })
  picture.addEventListener('error', () => picture.remove())
  picture.src = url
  return picture
}

export function avatar(person, size = '', presence) {
  const node = element('span', { class: size ? `avatar avatar-${size}` : 'avatar', 'aria-hidden': 'true' })
  return setAvatar(node, person, presence)
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text
}

// Makes the children of `parent` be `wanted`, in that order, touching only what differs. Each wanted item has a `key`, a
// `version` that changes when the row must, `create()` and `update(row)`. `rows` maps keys to the elements there are.
export function reconcile(parent, rows, wanted) {
  const keys = new Set(wanted.map((item) => item.key))
  for (const [key, row] of rows) {
    if (keys.has(key)) continue
    row.remove()
    rows.delete(key)
  }
  let place = parent.firstElementChild
  for (const item of wanted) {
    let row = rows.get(item.key)
    if (!row) rows.set(item.key, row = item.create())
    if (row.version !== item.version) {
      item.update(row)
      row.version = item.version
    }
    if (row === place) place = place.nextElementSibling
    else parent.insertBefore(row, place)
  }
}

// The tree that the template's component draws for the same spans.
export function spans(list) {
  const fragment = document.createDocumentFragment()
  for (const span of list) fragment.append(typeof span === 'string' ? span : spanElement(span))
  return fragment
}

const CONTAINERS = { bold: 'strong', italic: 'em', strike: 's', quote: 'blockquote', action: 'em' }

function spanElement(span) {
  switch (span.type) {
    case 'bold': case 'italic': case 'strike': case 'quote': case 'action':
      return element(CONTAINERS[span.type], {}, spans(span.spans))
    case 'code': return element('code', {}, span.text)
    case 'code_block': return codeBlock(span)
    case 'list': {
      const numbered = span.start != null
      const items = span.items.map((item) => element('li', {}, spans(item)))
      return element(numbered ? 'ol' : 'ul', { start: numbered ? span.start : null }, ...items)
    }
    case 'link':
      return element('a', { href: safeUrl(span.url), target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, spans(span.spans))
    case 'mention': return element('span', { class: 'mention' }, `@${span.name}`)
    case 'mention_all': return element('span', { class: 'mention' }, `@${t('all')}`)
    case 'break': return element('br')
    case 'emoji': return element('span', { class: 'emoji' }, span.text)
    default: return span.spans ? spans(span.spans) : document.createTextNode(span.text ?? '')
  }
}

// The server makes no other links; a page should not have to trust that.
const safeUrl = (url) => (/^(https?:|mailto:)/i.test(url) ? url : null)

function codeBlock(span) {
  const copy = element('button', { class: 'icon-button icon-button-small', type: 'button', 'data-copy-code': true, 'aria-label': t('copy-code') }, icon('copy'))
  const pre = element('pre', { tabindex: '0', role: 'group', 'aria-label': t('code') }, element('code', {}, span.text))
  return element('div', { class: 'code-block', dir: 'ltr' }, pre, copy)
}

const styles = new Map()

// Loads a style sheet that is not needed for the first look; resolves when it applies.
export function style(name) {
  if (!styles.has(name)) {
    styles.set(name, new Promise((resolve) => {
      const href = new URL(`../../css/${name}.css`, import.meta.url).pathname
      document.head.append(element('link', { rel: 'stylesheet', href, onload: resolve, onerror: resolve }))
    }))
  }
  return styles.get(name)
}

let toastTimer = 0

// A word at the bottom that goes by itself. Within the dialog that is open: the rest of the page is neither seen nor read out.
export function toast(text) {
  const node = document.getElementById('toast')
  node.textContent = ''
  node.hidden = false
  lift(node)
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => {
    // Screen readers tell what changes in a place that is there already.
    node.textContent = text
    toastTimer = setTimeout(() => { node.hidden = true }, 5_000)
  }, 20)
}

// Above everything that is open; and within the dialog of now, because all outside of that is deaf and dumb.
function lift(node) {
  const dialog = document.activeElement?.closest('dialog:modal') ?? [...document.querySelectorAll('dialog:modal')].at(-1)
  const home = dialog ?? document.body
  node.popover = 'manual'
  if (node.matches(':popover-open')) node.hidePopover()
  if (node.parentElement !== home) home.append(node)
  node.showPopover()
  dialog?.addEventListener('close', () => { if (!node.hidden) lift(node) }, { once: true })
}
