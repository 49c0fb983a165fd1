import { setTimeout as sleep } from 'node:timers/promises';
import { SupervisedProcess } from './supervised-process.js';

const POLL_MS = 10;
const ENDS_WITHIN = 40_000;

/** A built app, in a process of its own, as its user starts it. */
export class AppProcess {
  private constructor(private readonly process: SupervisedProcess) {}

  /** @param environment PORT and its like; PORT is any free one by default */
  static async start(
    main: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<AppProcess> {
    const settings = Object.entries({ PORT: '0', ...environment });
    return new AppProcess(
      await SupervisedProcess.start('env', [
        ...settings.map(([name, value]) => `${name}=${value}`),
        process.execPath,
        main,
      ]),
    );
  }

  /** What it has printed. */
  get output(): string {
    return this.process.output;
  }

  /** Waits until it has printed what is looked for. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (this.process.ended) throw new Error(`The app has ended:\n${this.output}`);
      await sleep(POLL_MS);
    }
  }

  /** Waits until it says where it is. @returns the address */
  async ready(): Promise<string> {
    const [, url = ''] = await this.printed(/ (?:is|are) at (http:\S+)/);
    return url;
  }

  /** Waits until it has ended by itself. */
  async ended(): Promise<void> {
    while (!this.process.ended) await sleep(POLL_MS);
  }

  /** Ends it as its user does. What does not end is killed, and that is an error. */
  async stop(): Promise<void> {
    const late = sleep(ENDS_WITHIN, 'late', { ref: false });
    if ((await Promise.race([this.process.end('SIGTERM'), late])) !== 'late') return;
    await this.kill();
    throw new Error(`The app has not ended within ${ENDS_WITHIN} ms:\n${this.output}`);
  }

  async kill(): Promise<void> {
    await this.process.end('SIGKILL');
  }
}
