// @ts-check
/** The list of what was said and what happened, in the order in which the server counts it. */

/** Entries by number; a message that the server has not counted yet stands last. */
export class Order {
  /** @type {WeakMap<Element, number>} */
  #numbers = new WeakMap()
  /** @type {Map<Element, string>} */
  #said = new Map()

  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list
  }

  /**
   * Put an entry where its number says; one that stands there is not moved, since a log reads out what is moved.
   * @param {HTMLElement} item
   * @param {number} n - Infinity while it is on its way
   * @param {string} [said] - what "Save" writes
   */
  place(item, n, said) {
    const others = Array.from(this.list.children).filter((each) => each !== item)
    const next = others.find((each) => this.#of(each) > n) ?? null
    this.#numbers.set(item, n)
    if (said) this.#said.set(item, said)
    if (item.parentElement !== this.list || item.nextElementSibling !== next) this.list.insertBefore(item, next)
  }

  /**
   * Begin a new conversation: what is there is past.
   * @param {HTMLElement} note - says so
   */
  renew(note) {
    for (const each of this.list.children) if (this.#of(each) < Infinity) this.#numbers.set(each, 0)
    this.place(note, 0)
  }

  /** The number of the newest entry. */
  get newest() {
    return Math.max(0, ...Array.from(this.list.children, (each) => this.#of(each)).filter(isFinite))
  }

  /** @param {Element} item */
  #of(item) {
    return this.#numbers.get(item) ?? Infinity
  }

  /** Take everything off. */
  clear() {
    this.list.replaceChildren()
    this.#said.clear()
  }

  /** What was said, as a text. */
  transcript() {
    return Array.from(this.list.children, (item) => this.#said.get(item)).filter(Boolean).join('\n')
  }
}
