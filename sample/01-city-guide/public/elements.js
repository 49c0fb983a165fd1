/** An element with text, and what else it has. */
export function element(tag, text, properties = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  return Object.assign(made, properties);
}

/** A copy of what a template holds. */
export function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** A table. */
export function table(headings, rows) {
  const made = element('table');
  const head = made.createTHead().insertRow();
  for (const heading of headings) head.append(element('th', heading, { scope: 'col' }));
  const body = made.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    for (const cell of cells) row.append(element('td', cell));
  }
  // A wide table scrolls by itself, and not the page.
  const frame = element('div', undefined, { className: 'table-frame' });
  frame.append(made);
  return frame;
}

/** Names and values. */
export function definitions(pairs) {
  const list = element('dl');
  for (const [name, value] of pairs) {
    const pair = element('div');
    pair.append(element('dt', name), element('dd', value));
    list.append(pair);
  }
  return list;
}
