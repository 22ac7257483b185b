// @ts-check
/** One conversation as the page knows it: what it has shown, and who has it now. */

/** @import { Fact, Turn } from './wire.js' */

const OWNERS = /** @type {const} */ ({ here: 'person', waiting: 'queued', back: 'bot', closed: 'closed' })

/** A conversation from its first message until it is erased, or the server has lost it. */
export class Talk {
  #life = new AbortController()
  /** @type {Set<number>} */
  #shown = new Set()
  /** @type {'bot'|'queued'|'person'|'closed'} */
  #owner = 'bot'
  #ownedAt = 0 // the entry by which that is known; an older one that comes late changes nothing
  /** @type {{n: number, name: string}[]} */
  #came = []

  /** @param {{id: string, token: string}} started */
  constructor({ id, token }) {
    this.id = id
    this.token = token
    this.signal = this.#life.signal
    this.isFollowed = false
  }

  /** Whether somebody of the team has it, or is called for. */
  get isWithPeople() {
    return this.#owner === 'queued' || this.#owner === 'person'
  }

  /** Whether a person answers, and not the assistant. */
  get isWithPerson() {
    return this.#owner === 'person'
  }

  /** The number up to which nothing is missing. */
  get last() {
    let n = 0
    while (this.#shown.has(n + 1)) n += 1
    return n
  }

  /**
   * Count an entry as shown.
   * @param {number} n - 0 for a turn that was not recorded, which comes once
   * @returns {boolean} whether it is to be shown now: not when it came before, by the call or by the stream
   */
  takes(n) {
    if (n === 0) return true
    if (this.#shown.has(n)) return false
    this.#shown.add(n)
    return true
  }

  /** @param {Turn} turn */
  turned(turn) {
    if (turn.kind === 'relayed') this.#own('person', turn.n)
    else if (turn.handoff === 'opened' && !this.isWithPerson) this.#own('queued', turn.n)
  }

  /** @param {Fact} fact */
  happened(fact) {
    if (fact.state === 'here') this.#came.push({ n: fact.n, name: fact.name ?? '' })
    if (fact.state in OWNERS) this.#own(OWNERS[/** @type {keyof typeof OWNERS} */ (fact.state)], fact.n)
  }

  /**
   * The name of the person who had it at an entry, as far as that is known yet.
   * @param {number} [n]
   */
  whoHad(n = Infinity) {
    return this.#came.filter((each) => each.n < n).at(-1)?.name ?? ''
  }

  /** Let go of everything that waits for it. */
  end() {
    this.#life.abort()
  }

  /**
   * @param {'bot'|'queued'|'person'|'closed'} owner
   * @param {number} n
   */
  #own(owner, n) {
    if (n < this.#ownedAt) return
    this.#owner = owner
    this.#ownedAt = n
  }
}
