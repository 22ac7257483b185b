// @ts-check
/** The assistant's reply: text, help lines, sources, what to ask next, and whether it helped. */

import { button, make } from './dom.js'
import { large, linked, waysOf } from './numbers.js'

/** @import { Choice, Source, Turn } from '../page/wire.js' */
/** @import { Piece, Word } from './dom.js' */
/** @typedef {{word: Word, ask: (text: string) => void, rate: (verdict: string, reason?: string) => void}} Acts */

const SAFETY = ['crisis', 'emergency', 'distress']
const REASONS = ['wrong', 'outdated', 'incomplete', 'unclear', 'other']

/**
 * @param {Turn} turn
 * @param {Acts} acts - what its buttons do
 * @returns {HTMLElement[]}
 */
export function replyOf(turn, acts) {
  /** @type {HTMLElement[]} */
  const parts = blocks(turn, acts.word)
  if (turn.sources.length) parts.push(sourcesOf(turn.sources, acts.word))
  if (turn.choices.length) parts.push(choicesOf(turn.choices, turn.kind === 'clarify', acts))
  if (turn.kind === 'answer' && turn.n) parts.push(thumbs(acts))
  return parts
}

/**
 * Paragraphs, lists, and help lines that can be tapped.
 * @param {Turn} turn
 * @param {Word} word
 */
function blocks(turn, word) {
  const parts = turn.text.split(/\n{2,}/).filter((part) => part.trim())
  /** @type {(part: string|undefined) => boolean} */
  const isTitle = (part) => turn.answer_ids.length > 1 && !!part && part.endsWith('?') && part.length < 140
  return parts.map((part, at) => {
    const lines = part.split('\n')
    if (lines.every((line) => line.startsWith('- '))) return list(lines.map((line) => line.slice(2)), turn, word)
    const isLast = at > 0 && (at === parts.length - 1 || isTitle(parts[at + 1]))
    const isReview = turn.sources.length && isLast && /\d{4}/.test(part)
    return make('p', { className: isTitle(part) ? 'asked' : isReview ? 'soft' : '' }, part)
  })
}

/**
 * @param {string[]} lines
 * @param {Turn} turn
 * @param {Word} word
 */
function list(lines, turn, word) {
  // Large to tap in the reply to danger itself; small above an answer, where the numbers are also at the top.
  const isLarge = SAFETY.includes(turn.kind) || !turn.latched
  return make('ul', { className: isLarge && turn.help.length ? 'lines' : '' }, ...lines.map((line) => {
    const help = turn.help.find(({ name }) => line.startsWith(`${name}: `))
    if (!help) return make('li', {}, line)
    if (!isLarge) return make('li', {}, ...linked(line, waysOf(help), help.name.length))
    const notes = [help.what, help.hours].filter(Boolean).join('; ')
    return make('li', {}, make('strong', {}, help.name), large(waysOf(help), word), make('small', {}, notes))
  }))
}

/**
 * @param {Source[]} given
 * @param {Word} word
 */
function sourcesOf(given, word) {
  const label = word(given.length > 1 ? 'sources' : 'one_source', { count: given.length })
  const items = given.map(({ title, sections, by, date }) => {
    const where = sections.length ? ` (${sections.join(', ')})` : ''
    return make('li', {}, `${title}${where}. ${by}, ${date}`)
  })
  return make('details', { className: 'soft' }, make('summary', {}, label), make('ul', {}, ...items))
}

/**
 * @param {Choice[]} given
 * @param {boolean} isQuestion - "which of these?", and not what could be asked next
 * @param {Acts} acts
 */
function choicesOf(given, isQuestion, { word, ask }) {
  return group(word(isQuestion ? 'mean' : 'next'), ...given.map(({ label }) => button(label, () => ask(label), 'choice')))
}

/** @param {Acts} acts */
function thumbs({ word, rate }) {
  const node = group(word('helped'), button(word('yes'), () => thank('up')), button(word('no'), why))
  node.classList.add('thumbs')
  return node

  /**
   * @param {string} verdict
   * @param {string} [reason]
   */
  function thank(verdict, reason) {
    const thanks = make('span', { tabIndex: -1 }, word('thanks'))
    node.replaceChildren(thanks)
    thanks.focus({ preventScroll: true })
    rate(verdict, reason)
  }

  /** Ask for the reason. */
  function why() {
    node.replaceChildren(word('why'), ...REASONS.map((code) => button(word(code), () => thank('down', code))))
    node.querySelector('button')?.focus()
  }
}

/**
 * @param {string} label
 * @param {...Piece} pieces
 */
export function group(label, ...pieces) {
  const node = make('div', { className: 'choices', role: 'group', ariaLabel: label })
  node.append(make('span', { className: 'soft', ariaHidden: 'true' }, label), ...pieces)
  return node
}
