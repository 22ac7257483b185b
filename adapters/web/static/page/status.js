// @ts-check
/** The lines over the field: what goes on just now, how it stands with people, and what went wrong. */

import { element } from './elements.js'

const TYPING_MS = 15000 // without further word, nobody is taken to be writing any more
/** @type {(string|Node)[]} */
let own = []
let theirs = ''
let timer = 0

/** @param {(string|Node)[]} what - what goes on; nothing leaves the line to who is writing */
export function say(...what) {
  own = what.filter(Boolean)
  show()
}

/** @param {string} text - that a person is writing; empty when they are not */
export function sayTyping(text) {
  clearTimeout(timer)
  theirs = text
  if (text) timer = setTimeout(() => sayTyping(''), TYPING_MS)
  show()
}

/**
 * Keep the newest fact about people in view, also while the log shows something else. It is not read out: the log does that.
 * @param {string} text - empty once nobody is called for
 * @param {HTMLTimeElement} [at]
 */
export function stand(text, at) {
  element('standing').replaceChildren(text, ...(at ? [' ', at] : []))
}

/** @param {(string|Node)[]} what - what went wrong, and what can be done */
export function warn(...what) {
  element('alert').replaceChildren(...what)
}

/** Write the line only when it changes, so that it is read out once. */
function show() {
  const status = element('status')
  const what = own.length > 0 ? own : [theirs].filter(Boolean)
  const text = what.map((each) => typeof each === 'string' ? each : each.textContent).join('')
  if (status.textContent !== text) status.replaceChildren(...what)
}
