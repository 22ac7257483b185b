// @ts-check
/**
 * The list of what was said and what happened, in the order in which the server counts it. A message that the server has not
 * counted yet stands last; a reply that comes late, by the call or by the stream, is put where it belongs.
 */

import { element } from './elements.js'

/** @typedef {{who: string, at: Date, text: string}} Said */

const turns = element('turns')
const PAST = 0 // what belongs to a conversation that is gone, of which no number counts any more
/** @type {WeakMap<Element, number>} */
const numbers = new WeakMap()
/** @type {Map<Element, Said>} - what "Save" writes */
const said = new Map()

/**
 * Add a message that is on its way.
 * @param {HTMLElement} item
 * @param {Said} [words]
 */
export function add(item, words) {
  if (words) said.set(item, words)
  turns.append(item)
}

/**
 * Put an entry where its number says; one that stands there already is not moved, since a log reads out what is moved.
 * @param {HTMLElement} item
 * @param {number} n
 * @param {Said} [words]
 */
export function place(item, n, words) {
  numbers.set(item, n)
  if (words) said.set(item, words)
  if (item.parentElement === turns && isInOrder(item, n)) return
  turns.insertBefore(item, others(item).find((each) => numberOf(each) > n) ?? null)
}

/**
 * Begin a new conversation: what is on the page is past.
 * @param {HTMLElement} note - says so
 * @param {HTMLElement} [before] - the message that the new one begins with
 */
export function renew(note, before) {
  for (const each of turns.children) if (numbers.has(each)) numbers.set(each, PAST)
  place(note, PAST)
  if (before) turns.insertBefore(note, before)
}

/** The number of the newest entry. */
export function newest() {
  return Math.max(PAST, ...Array.from(turns.children, (each) => numbers.get(each) ?? PAST))
}

/** Take everything off. */
export function clear() {
  turns.replaceChildren()
  said.clear()
}

/**
 * What was said, in the order of the page, as a text.
 * @returns {string}
 */
export function transcript() {
  const parts = Array.from(turns.children, (item) => said.get(item)).filter((each) => each !== undefined)
  return parts.map(({ who, at, text }) => `${who}, ${at.toLocaleString()}\n${text}\n`).join('\n')
}

/** @param {Element} item */
function numberOf(item) {
  return numbers.get(item) ?? Infinity
}

/** @param {Element} item */
function others(item) {
  return Array.from(turns.children).filter((each) => each !== item)
}

/**
 * @param {Element} item
 * @param {number} n
 */
function isInOrder(item, n) {
  const all = Array.from(turns.children)
  const at = all.indexOf(item)
  return all.every((each, index) => index === at || (index < at ? numberOf(each) <= n : numberOf(each) >= n))
}
