import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts the program, tells its process id, and kills it when the standard input ends: that happens when this
 * process ends, in whatever way, so that no server outlives the tests.
 */
const SUPERVISOR = `
exec 3<&0
"$@" </dev/null 3<&- >&2 &
program=$!
(while read -r _; do :; done <&3; kill -KILL $program) >/dev/null 2>&1 &
supervisor=$!
echo $program
wait $program
status=$?
kill $supervisor
exit $status
`;

/** A program that ends with this process at the latest. */
export class SupervisedProcess {
  /** What it has printed. */
  #output = '';
  #ended = false;

  private constructor(
    private readonly shell: ChildProcess,
    readonly pid: number,
  ) {
    shell.stderr?.on('data', (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-10_000);
    });
    shell.once('exit', () => {
      this.#ended = true;
      shell.stdin?.destroy();
    });
  }

  static async start(command: string, args: readonly string[]): Promise<SupervisedProcess> {
    const shell = spawn('/bin/sh', ['-c', SUPERVISOR, 'sh', command, ...args]);
    const [line]: Buffer[] = await once(shell.stdout, 'data');
    return new SupervisedProcess(shell, Number(line));
  }

  get output(): string {
    return this.#output;
  }

  get ended(): boolean {
    return this.#ended;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#ended) return;
    try {
      process.kill(this.pid, name);
    } catch (error) {
      // The program may have ended before the shell could tell. (Errors of Node are no `Error` of a test's realm.)
      if (Reflect.get(Object(error), 'code') !== 'ESRCH') throw error;
    }
  }

  /** Sends the signal and waits for the end; a program that is stopped is continued first. */
  async end(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#ended) return;
    const exit = once(this.shell, 'exit');
    this.signal(name);
    this.signal('SIGCONT');
    await exit;
  }

  /** What happens when this process dies: its end of the pipe is closed. */
  async orphan(): Promise<void> {
    const exit = once(this.shell, 'exit');
    this.shell.stdin?.destroy();
    await exit;
  }
}
