// @ts-check
/** What people on the team do, in the page's words. */

import { bubble, paragraph, span, time, word } from './elements.js'

/** @import { Fact, PersonSaid } from './wire.js' */

/**
 * @param {PersonSaid} said
 * @returns {HTMLLIElement}
 */
export function personBubble({ name, text, at }) {
  const item = bubble(name, 'person')
  item.querySelector('.author')?.append(' ', span('role', word('person_role')), ' ', time(at))
  item.append(paragraph(text))
  return item
}

/**
 * A fact in the page's words; empty for one that it has no words for.
 * @param {Fact} fact
 */
export function factText({ state, name }) {
  return word(`fact_${state}`, { name: name || word('someone') })
}
