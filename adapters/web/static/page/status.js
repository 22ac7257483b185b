// @ts-check
/** The two lines over the field: how things stand, and what went wrong. */

import { element } from './elements.js'

const TYPING_MS = 15000 // without further word, nobody is taken to be writing any more
let own = ''
let theirs = ''
let timer = 0

/** @param {string} text - how things stand; empty leaves the line to who is writing */
export function say(text) {
  own = text
  show()
}

/** @param {string} text - that a person is writing; empty when they are not */
export function sayTyping(text) {
  clearTimeout(timer)
  theirs = text
  if (text) timer = setTimeout(() => sayTyping(''), TYPING_MS)
  show()
}

/** @param {(string|Node)[]} what - what went wrong, and what can be done */
export function warn(...what) {
  element('alert').replaceChildren(...what)
}

/** Write the line only when it changes, so that it is read out once. */
function show() {
  const status = element('status')
  if (status.textContent !== (own || theirs)) status.textContent = own || theirs
}
