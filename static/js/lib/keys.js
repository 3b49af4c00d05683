// Keys that mean something, read in one place.

// Enter that sends or picks. While a word is composed (Chinese, Japanese …) Enter only ends the composition; Safari ends
// it before the keydown and then reports 229.
export function isEnter(event) {
  return event.key === 'Enter' && !event.shiftKey && !isComposing(event)
}

export function isComposing(event) {
  return event.isComposing || event.keyCode === 229
}

// Tells of every change of the words in a field; a word that is still composed is none yet.
export function onWords(input, act) {
  input.addEventListener('input', (event) => { if (!isComposing(event)) act() })
  // Chromium sends no `input` after the end of a composition.
  input.addEventListener('compositionend', () => act())
}

// Ctrl, or ⌘ on a Mac.
export function isCommand(event) {
  return (event.ctrlKey || event.metaKey) && !event.altKey
}

// A keyboard that has no Shift+Enter at hand: Enter makes a line there.
export const isTouch = () => matchMedia('(pointer: coarse)').matches

// A key that types a character.
export function isText(event) {
  return event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== ' '
}

export function isField(element) {
  return element?.closest?.('input, textarea, select, [contenteditable], dialog[open], [role="menu"]') != null
}

// The place an arrow key leads to in a list of `count`, from `index` (-1 is nowhere), round the ends.
export function step(key, index, count) {
  if (!count) return -1
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  if (key === 'ArrowDown') return (index + 1) % count
  if (key === 'ArrowUp') return (index <= 0 ? count : index) - 1
  return index
}
