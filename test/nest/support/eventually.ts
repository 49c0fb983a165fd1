import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for what happens in another process, such as Redis coming back. */
export async function eventually(happened: () => Promise<boolean>, within = 10_000): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`it did not happen within ${within} ms`);
    await sleep(20);
  }
}
