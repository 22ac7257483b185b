// @ts-check
/** The assistant's reply as it stands on the page: text, help lines, sources, what to ask next, and whether it helped. */

import { bubble, button, paragraph, span } from './elements.js'
import { helpLine, linked } from './help.js'

/** @import { Choice, Source, Turn } from './wire.js' */
/** @typedef {'up'|'down'} Verdict */
/** @typedef {{ask: (text: string) => void, rate: (verdict: Verdict, reason?: string) => void}} Acts */

const SAFETY = ['crisis', 'emergency', 'distress']
const REASONS = /** @type {const} */ ([['wrong', 'It is wrong'], ['outdated', 'It is out of date'],
  ['incomplete', 'Something is missing'], ['unclear', 'It is hard to understand'], ['other', 'Something else']])

/**
 * @param {Turn} turn
 * @param {Acts} acts - what its buttons do
 * @returns {HTMLLIElement}
 */
export function reply(turn, { ask, rate }) {
  const item = bubble('Assistant', turn.help.length > 0 ? 'helping' : '')
  item.append(...blocks(turn))
  if (turn.sources.length > 0) item.append(sources(turn.sources))
  if (turn.choices.length > 0) item.append(choices(turn.choices, turn.kind === 'clarify', ask))
  if (turn.kind === 'answer' && turn.n > 0) item.append(thumbs(rate))
  return item
}

/**
 * The text of a turn: paragraphs, lists, and help lines that can be tapped.
 * @param {Turn} turn
 * @returns {HTMLElement[]}
 */
function blocks(turn) {
  const parts = turn.text.split(/\n{2,}/).filter((part) => part.trim())
  const answered = turn.answer_ids.length > 0 && turn.sources.length > 0
  return parts.map((part, at) => {
    const lines = part.split('\n')
    if (lines.every((line) => line.startsWith('- '))) return list(lines.map((line) => line.slice(2)), turn)
    if (turn.answer_ids.length > 1 && isTitle(part)) return paragraph(part, 'asked')
    const next = parts[at + 1]
    const isLast = next === undefined || (turn.answer_ids.length > 1 && isTitle(next))
    return paragraph(part, answered && isLast && at > 0 && parts.length > 1 && /\d{4}/.test(part) ? 'review' : '')
  })
}

/**
 * Whether a part of a reply to two questions is the question above an answer.
 * @param {string} part
 * @returns {boolean}
 */
function isTitle(part) {
  return part.endsWith('?') && part.length < 140
}

/**
 * @param {string[]} lines
 * @param {Turn} turn
 * @returns {HTMLUListElement}
 */
function list(lines, turn) {
  const items = document.createElement('ul')
  // Large to tap in the reply to danger itself; small above an answer, where the numbers are also pinned at the top.
  const large = SAFETY.includes(turn.kind) || !turn.latched
  items.append(...lines.map((line) => {
    const item = document.createElement('li')
    const help = turn.help.find((each) => line.startsWith(`${each.name}: `))
    if (help && large) item.append(...helpLine(help))
    else item.append(...(help ? linked(line, help) : [line]))
    return item
  }))
  if (large && turn.help.length > 0) items.className = 'lines'
  return items
}

/**
 * @param {Source[]} given
 * @returns {HTMLDetailsElement}
 */
function sources(given) {
  const details = document.createElement('details')
  details.className = 'from'
  const summary = document.createElement('summary')
  summary.textContent = given.length === 1 ? '1 source' : `${given.length} sources`
  const items = document.createElement('ul')
  items.className = 'sources'
  for (const source of given) {
    const item = document.createElement('li')
    const sections = source.sections.length > 0 ? ` (${source.sections.join(', ')})` : ''
    item.textContent = `${source.title}${sections}. ${source.by}, ${source.date}`
    items.append(item)
  }
  details.append(summary, items)
  return details
}

/**
 * @param {Choice[]} given
 * @param {boolean} isQuestion - "which of these?", and not what could be asked next
 * @param {(text: string) => void} ask
 * @returns {HTMLDivElement}
 */
function choices(given, isQuestion, ask) {
  const group = document.createElement('div')
  group.className = 'choices'
  group.setAttribute('role', 'group')
  group.setAttribute('aria-label', isQuestion ? 'Did you mean' : 'You could ask next')
  if (!isQuestion) {
    const title = paragraph('You could ask next', 'small')
    title.setAttribute('aria-hidden', 'true') // the group is called so
    group.append(title)
  }
  for (const choice of given) {
    const one = button(choice.label, () => ask(choice.label))
    one.className = 'choice'
    group.append(one)
  }
  return group
}

/**
 * @param {(verdict: Verdict, reason?: string) => void} rate
 * @returns {HTMLDivElement}
 */
function thumbs(rate) {
  const group = document.createElement('div')
  group.className = 'thumbs'
  group.setAttribute('role', 'group')
  group.setAttribute('aria-label', 'Did this help?')
  group.append('Did this help?', button('Yes', () => thank('up')), button('No', why))
  return group

  /**
   * @param {Verdict} verdict
   * @param {string} [reason]
   */
  function thank(verdict, reason) {
    const thanks = span('', 'Thank you.')
    thanks.tabIndex = -1
    group.replaceChildren(thanks)
    thanks.focus({ preventScroll: true })
    rate(verdict, reason)
  }

  /** Ask for the reason. */
  function why() {
    group.replaceChildren('What is wrong with it?', ...REASONS.map(([code, label]) => button(label, () => thank('down', code))))
    group.querySelector('button')?.focus()
  }
}
