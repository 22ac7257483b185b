// @ts-check
/** Services that can be called, texted or chatted with: large to tap, and pinned above the conversation after danger. */

import { element, link } from './elements.js'

/** @import { HelpLine } from './wire.js' */

const lifelines = element('lifelines')

/**
 * A service with its ways as large links.
 * @param {HelpLine} help
 * @returns {HTMLElement[]}
 */
export function helpLine(help) {
  const name = document.createElement('strong')
  name.textContent = help.name
  const group = document.createElement('div')
  group.className = 'ways'
  group.append(...ways(help).map(([label, target]) => way(label, target)))
  const notes = [help.what, help.hours].filter(Boolean).join('; ')
  const small = document.createElement('small')
  small.textContent = notes
  return notes ? [name, group, small] : [name, group]
}

/**
 * A service as one line of text, the ways in it linked.
 * @param {string} line
 * @param {HelpLine} help
 * @returns {(string|HTMLElement)[]}
 */
export function linked(line, help) {
  /** @type {(string|HTMLElement)[]} */
  const parts = []
  let rest = line
  for (const [label, target] of ways(help)) {
    const shown = label[0].toLowerCase() + label.slice(1)
    const at = rest.indexOf(shown)
    if (at < 0) continue
    parts.push(rest.slice(0, at), link(shown, target))
    rest = rest.slice(at + shown.length)
  }
  return [...parts, rest]
}

/**
 * The ways of a service as label and address, in the order in which the text names them.
 * @param {HelpLine} help
 * @returns {[string, string][]}
 */
function ways(help) {
  /** @type {[string, string][]} */
  const found = []
  if (help.call) found.push([`Call ${help.call}`, `tel:${dialled(help.call)}`])
  if (help.text) found.push([`Text ${help.text}`, sms(help.text)])
  if (help.chat) found.push([`Chat ${help.chat}`, `https://${help.chat}`])
  return found
}

/**
 * @param {string} label
 * @param {string} target
 * @returns {HTMLAnchorElement}
 */
function way(label, target) {
  const node = link(label, target)
  node.className = target.startsWith('tel:') ? 'way first' : 'way'
  return node
}

/**
 * "988, then press 1" is dialled as 988, a pause, and 1.
 * @param {string} number
 * @returns {string}
 */
function dialled(number) {
  const [first, ...keys] = number.split(',')
  const press = keys.join(' ').replace(/\D/g, '')
  return first.replace(/[^\d+]/g, '') + (press ? `,${press}` : '')
}

/**
 * @param {string} given - a number, or "HOME to 741741"
 * @returns {string}
 */
function sms(given) {
  const [word, number] = given.includes(' to ') ? given.split(' to ') : ['', given]
  return `sms:${number.replace(/[^\d+]/g, '')}${word ? `?&body=${encodeURIComponent(word)}` : ''}`
}

/**
 * Keep the plain numbers of a reply to danger in view, above the conversation, however it goes on.
 * @param {HelpLine[]} help
 */
export function pin(help) {
  const all = help.flatMap(ways)
  const plain = all.filter(([label]) => /^(Call|Text) [\d +-]+$/.test(label))
  const calls = [...new Map(plain.filter(([label]) => label.startsWith('Call')))].slice(0, 2)
  const texts = plain.filter(([label]) => label.startsWith('Text')).slice(0, 1)
  const chosen = calls.length > 0 ? [...calls, ...texts] : all.slice(0, 2)
  lifelines.replaceChildren(...chosen.map(([label, target]) => way(label, target)))
  lifelines.hidden = false
}

/** Take the numbers off the top: what was said is erased. */
export function unpin() {
  lifelines.hidden = true
}
