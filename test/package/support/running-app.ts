import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Project } from './project.js';
import { cleanEnvironment } from './run-command.js';

/** What an application answered over HTTP. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** The compiled application of a project, in a process of its own. */
export class RunningApp {
  private constructor(
    private readonly child: ChildProcess,
    private readonly errors: string[],
    private readonly port: string,
  ) {}

  static async start(project: Project, redisUrl: string): Promise<RunningApp> {
    const child = spawn(process.execPath, ['out/app.js'], {
      cwd: project.directory,
      env: { ...cleanEnvironment(), REDIS_URL: redisUrl },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const errors: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
    const [first] = (await Promise.race([once(child.stdout, 'data'), once(child, 'close')])) as [
      unknown,
    ];
    if (!Buffer.isBuffer(first))
      throw new Error(`The application did not start:\n${errors.join('')}`);
    return new RunningApp(child, errors, first.toString().trim());
  }

  async get<T>(path: string): Promise<Answer<T>> {
    // Each connection is closed by this side, so that none keeps the server from closing.
    const headers = { connection: 'close' };
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Has the application close itself. @returns how its process ended, which nobody but itself does */
  async close(): Promise<{ readonly code: number | null; readonly errors: string }> {
    const ended = once(this.child, 'close', { signal: AbortSignal.timeout(10_000) });
    this.child.stdin?.end();
    try {
      await ended;
    } catch {
      return { code: null, errors: `It has not ended.\n${this.errors.join('')}` };
    }
    return { code: this.child.exitCode, errors: this.errors.join('') };
  }

  /** Ends the process, should it still run. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}
