// @ts-check
/** Makers of what stands on the page. Text enters by textContent, never as HTML. */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

const words = element('words')

/**
 * A sentence of the page, as the server rendered it into the page.
 * @param {string} key - as in the pack's wording: `fact_here`
 * @param {Record<string, string>} [values] - what its {braces} are filled with
 * @returns {string}
 */
export function word(key, values = {}) {
  const text = words.getAttribute(`data-${key.replaceAll('_', '-')}`) ?? ''
  return text.replace(/\{(\w+)\}/g, (braces, name) => values[name] ?? braces)
}

/**
 * @param {string} author
 * @param {string} kind
 * @returns {HTMLLIElement}
 */
export function bubble(author, kind) {
  const item = document.createElement('li')
  item.className = `bubble ${kind}`.trim()
  item.append(span('author', author))
  return item
}

/**
 * A short line between the bubbles.
 * @param {string} text
 * @param {string} kind
 * @param {string} [at] - when it was so
 * @returns {HTMLLIElement}
 */
export function line(text, kind, at) {
  const item = document.createElement('li')
  item.className = kind
  item.append(text)
  if (at) item.append(' ', time(at))
  return item
}

/**
 * @param {string} text
 * @param {string} [kind]
 * @returns {HTMLParagraphElement}
 */
export function paragraph(text, kind = '') {
  const node = document.createElement('p')
  node.className = kind
  node.textContent = text
  return node
}

/**
 * @param {string} kind
 * @param {string} text
 * @returns {HTMLSpanElement}
 */
export function span(kind, text) {
  const node = document.createElement('span')
  node.className = kind
  node.textContent = text
  return node
}

/**
 * The time of day where the visitor is; the day too, when it is another.
 * @param {string} at - ISO 8601
 * @returns {HTMLTimeElement}
 */
export function time(at) {
  const node = document.createElement('time')
  const then = new Date(at)
  const isToday = then.toDateString() === new Date().toDateString()
  /** @type {Intl.DateTimeFormatOptions} */
  const day = isToday ? {} : { day: 'numeric', month: 'short' }
  node.dateTime = at
  node.textContent = then.toLocaleString([], { ...day, hour: '2-digit', minute: '2-digit' })
  return node
}

/**
 * @param {string} label
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
export function button(label, act) {
  const node = document.createElement('button')
  node.type = 'button'
  node.textContent = label
  node.addEventListener('click', act)
  return node
}

/**
 * @param {string} label
 * @param {string} target
 * @returns {HTMLAnchorElement}
 */
export function link(label, target) {
  const node = document.createElement('a')
  node.href = target
  node.textContent = label
  if (target.startsWith('https:')) {
    node.rel = 'noopener noreferrer'
    node.target = '_blank'
  }
  return node
}
