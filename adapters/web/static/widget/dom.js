// @ts-check
/** Makers of what stands in the widget. Text enters by textContent or as a text node, never as HTML. */

/** @typedef {(key: string, values?: Record<string, string|number>) => string} Word */
/** @typedef {string|Node} Piece */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} [props]
 * @param {...Piece} pieces
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, props = {}, ...pieces) {
  const node = Object.assign(document.createElement(tag), props)
  node.append(...pieces)
  return node
}

/**
 * An element whose text follows the language that is chosen.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} key - which of the words it says
 * @param {Partial<HTMLElementTagNameMap[T]>} [props]
 * @returns {HTMLElementTagNameMap[T]}
 */
export function saying(tag, key, props) {
  const node = make(tag, props)
  node.dataset.say = key
  return node
}

/**
 * Give an element a name for screen readers that follows the language.
 * @template {HTMLElement} T
 * @param {T} node
 * @param {string} key
 * @returns {T}
 */
export function named(node, key) {
  node.dataset.label = key
  return node
}

/**
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [className]
 */
export function button(label, onclick, className = '') {
  return make('button', { type: 'button', onclick, className }, label)
}

/**
 * @param {string} label
 * @param {string} href
 */
export function anchor(label, href) {
  return make('a', href.startsWith('http') ? { href, rel: 'noopener noreferrer', target: '_blank' } : { href }, label)
}

/**
 * The time of day where the visitor is; the day too, when it is another.
 * @param {string|number} when - ISO 8601, or milliseconds
 */
export function clock(when) {
  const at = new Date(when)
  const isToday = at.toDateString() === new Date().toDateString()
  const text = isToday ? at.toLocaleTimeString([], { timeStyle: 'short' }) : at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })
  return make('time', { dateTime: at.toISOString() }, text)
}

/**
 * Listen until `signal` says that it is over.
 * @param {EventTarget} target
 * @param {string} name
 * @param {(event: any) => void} act
 * @param {AbortSignal} [signal]
 */
export function on(target, name, act, signal) {
  target.addEventListener(name, act, { signal })
}
