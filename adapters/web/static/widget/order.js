// @ts-check
/** The list of what was said and what happened, in the order in which the server counts it. */

/** @typedef {{who: string, at: Date, text: string}} Said */

/** Entries by number; a message that the server has not counted yet stands last. */
export class Order {
  /** @type {WeakMap<Element, number>} */
  #numbers = new WeakMap()
  /** @type {Map<Element, Said>} */
  #said = new Map()

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list
  }

  /**
   * Put an entry where its number says; one that stands there is not moved, since a log reads out what is moved.
   * @param {HTMLElement} item
   * @param {number} n - Infinity while it is on its way
   * @param {Said} [words] - what "Save" writes
   */
  place(item, n, words) {
    const others = Array.from(this.list.children).filter((each) => each !== item)
    const next = others.find((each) => (this.#numbers.get(each) ?? Infinity) > n) ?? null
    this.#numbers.set(item, n)
    if (words) this.#said.set(item, words)
    if (item.parentElement !== this.list || item.nextElementSibling !== next) this.list.insertBefore(item, next)
  }

  /**
   * Begin a new conversation: what is there is past.
   * @param {HTMLElement} note - says so
   */
  renew(note) {
    for (const each of this.list.children) if (this.newest(each) < Infinity) this.#numbers.set(each, 0)
    this.place(note, 0)
  }

  /** @param {Element|null} [item] - its number; without one that of the newest entry that has one */
  newest(item) {
    if (item) return this.#numbers.get(item) ?? Infinity
    const known = Array.from(this.list.children, (each) => this.newest(each)).filter((n) => n < Infinity)
    return Math.max(0, ...known)
  }

  /** Take everything off. */
  clear() {
    this.list.replaceChildren()
    this.#said.clear()
  }

  /** What was said, as a text. */
  transcript() {
    const said = Array.from(this.list.children, (item) => this.#said.get(item)).filter((each) => each !== undefined)
    return said.map(({ who, at, text }) => `${who}, ${at.toLocaleString()}\n${text}\n`).join('\n')
  }
}
