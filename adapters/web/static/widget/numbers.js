// @ts-check
/** Services that can be called, texted or chatted with, as links. */

import { anchor, make } from './dom.js'

/** @import { HelpLine } from '../page/wire.js' */
/** @import { Piece, Word } from './dom.js' */
/** @typedef {{kind: 'call'|'text'|'chat', to: string, href: string}} Way */

/**
 * The ways of a service, in the order in which a text names them.
 * @param {Pick<HelpLine, 'call'|'text'|'chat'>} line
 * @returns {Way[]}
 */
export function waysOf({ call, text, chat }) {
  /** @type {Way[]} */
  const found = []
  if (call) found.push({ kind: 'call', to: call, href: `tel:${dialled(call)}` })
  if (text) found.push({ kind: 'text', to: text, href: sms(text) })
  if (chat) found.push({ kind: 'chat', to: chat, href: `https://${chat}` })
  return found
}

/**
 * "988, then press 1" is dialled as 988, a pause, and 1.
 * @param {string} number
 */
function dialled(number) {
  const [first, ...keys] = number.split(',')
  const press = keys.join('').replace(/\D/g, '')
  return first.replace(/[^\d+]/g, '') + (press && `,${press}`)
}

/** @param {string} given - a number, or "HOME to 741741" */
function sms(given) {
  const [number, code] = given.split(' to ').reverse()
  return `sms:${number.replace(/[^\d+]/g, '')}${code ? `?&body=${encodeURIComponent(code)}` : ''}`
}

/**
 * Ways as large links.
 * @param {Way[]} ways
 * @param {Word} word
 */
export function large(ways, word) {
  return make('div', { className: 'ways' }, ...ways.map(({ kind, to, href }) => {
    const link = anchor(word(kind, { to }), href)
    link.className = kind === 'call' ? 'way first' : 'way'
    return link
  }))
}

/**
 * A text in which the ways of a service are links.
 * @param {string} text
 * @param {Way[]} ways - in the order of the text
 * @param {number} [from] - where to begin to look
 * @returns {Piece[]}
 */
export function linked(text, ways, from = 0) {
  /** @type {Piece[]} */
  const pieces = [text.slice(0, from)]
  let rest = text.slice(from)
  for (const { to, href } of ways) {
    const at = rest.indexOf(to)
    if (at < 0) continue
    pieces.push(rest.slice(0, at), anchor(to, href))
    rest = rest.slice(at + to.length)
  }
  return [...pieces, rest]
}

/**
 * The few that stay in view after danger: two plain numbers to call and one to write to, where there are such.
 * @param {Way[]} ways
 */
export function plainest(ways) {
  const plain = ways.filter(({ kind, to }) => kind !== 'chat' && /^[\d +-]+$/.test(to))
  const calls = plain.filter((way, at) => way.kind === 'call' && plain.findIndex(({ href }) => href === way.href) === at)
  const texts = plain.filter(({ kind }) => kind === 'text')
  return calls.length ? [...calls.slice(0, 2), ...texts.slice(0, 1)] : ways.slice(0, 2)
}
