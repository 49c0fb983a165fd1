import type { LoadReport } from './load-cities.js';

const BAR_WIDTH = 30;
const LINES_PER_LOAD = 10;
const ERASE_LINE = '\r\u001b[K';

/** Shows a load: a bar on a terminal, a line for each tenth elsewhere. */
export class LoadProgress implements LoadReport {
  #tenthsShown = -1;

  constructor(private readonly output: NodeJS.WriteStream) {}

  onInterruptedLoad(): void {
    this.output.write('An earlier load of the places did not finish: beginning again.\n');
  }

  onProgress(done: number, total: number): void {
    const share = total === 0 ? 1 : done / total;
    const text = `${Math.floor(share * 100)} %, ${count(done)} of ${count(total)} places`;
    if (this.output.isTTY) {
      const filled = Math.round(share * BAR_WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      this.output.write(`${ERASE_LINE}Loading ${bar} ${text}${done === total ? '\n' : ''}`);
      return;
    }
    const tenths = Math.floor(share * LINES_PER_LOAD);
    if (tenths === this.#tenthsShown) return;
    this.#tenthsShown = tenths;
    this.output.write(`Loading: ${text}\n`);
  }
}

function count(places: number): string {
  return places.toLocaleString('en');
}
