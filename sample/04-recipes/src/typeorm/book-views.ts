/** What is cached and answered: plain data, and not the entities, which somebody may go on to change and save. */
export interface BookView {
  readonly id: number;
  readonly title: string;
}

export interface CatalogueEntry extends BookView {
  readonly author: string;
}

export interface NewTitle {
  readonly id: number;
  readonly title: string;
}
