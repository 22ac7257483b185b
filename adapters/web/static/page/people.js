// @ts-check
/** What people on the team do, as it stands on the page: what they wrote, and facts about them with their time. */

import { bubble, line, paragraph, span, time, word } from './elements.js'

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
 * @param {Fact} fact
 * @returns {HTMLLIElement|null} nothing for a fact that this page has no words for
 */
export function factLine({ state, name, at }) {
  const text = word(`fact_${state}`, { name: name || word('someone') })
  return text ? line(text, `fact ${state}`, at) : null
}
