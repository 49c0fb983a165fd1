/** Tags of an answer that was made of one row. */
export function rowTags(table: string, id: number | string): string[] {
  return [rowTag(table, id), anyRowTag(table)];
}

/** Tags of an answer that was made of whichever rows of these tables: a list, a join, a count. */
export function tableTags(...tables: string[]): string[] {
  return tables.map((table) => `table:${table}`);
}

/**
 * The tags that a change of a table voids.
 *
 * @param id the row, or `undefined` where it is not known which rows have changed
 */
export function changedTags(table: string, id: number | string | undefined): string[] {
  return [...tableTags(table), id === undefined ? anyRowTag(table) : rowTag(table, id)];
}

function rowTag(table: string, id: number | string): string {
  return `row:${table}:${id}`;
}

function anyRowTag(table: string): string {
  return `row:${table}`;
}
