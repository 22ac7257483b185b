// @ts-check
/** What outlives a page: which conversation this tab has. Nothing is kept before the first message. */

/** @typedef {{id: string, token: string, open?: boolean, country?: string, locale?: string}} Kept */

/** A place for one conversation, in the tab, or on the device when the visitor chose so. */
export class Keeper {
  #key

  /** @param {string} name - tells two widgets on a page apart */
  constructor(name) {
    this.#key = `handrail:${name}`
  }

  /** Whether the device keeps it, and not the tab alone. */
  get isOnDevice() {
    return !!attemptOn('localStorage', (place) => place.getItem(this.#key))
  }

  /** @returns {Kept|null} */
  read() {
    /** @type {(place: Storage) => Kept|null} */
    const found = (place) => JSON.parse(place.getItem(this.#key) ?? 'null')
    return attemptOn('sessionStorage', found) ?? attemptOn('localStorage', found) ?? null
  }

  /**
   * @param {Kept} kept
   * @param {boolean} [onDevice]
   */
  write(kept, onDevice = this.isOnDevice) {
    this.clear()
    attemptOn(onDevice ? 'localStorage' : 'sessionStorage', (place) => place.setItem(this.#key, JSON.stringify(kept)))
  }

  /** Forget it, wherever it is. */
  clear() {
    clearAll(this.#key)
  }
}

/**
 * Forget every chat, or one.
 * @param {string} [key]
 */
export function clearAll(key) {
  for (const place of /** @type {const} */ (['sessionStorage', 'localStorage'])) {
    attemptOn(place, (storage) => {
      for (const each of Object.keys(storage)) if (key ? each === key : each.startsWith('handrail:')) storage.removeItem(each)
    })
  }
}

/**
 * @template T
 * @param {'sessionStorage'|'localStorage'} place
 * @param {(storage: Storage) => T} act
 * @returns {T|undefined} nothing where the browser keeps no storage
 */
function attemptOn(place, act) {
  try {
    return act(window[place])
  } catch {
    return undefined
  }
}
