import type { Answer, Order } from './orders.js';

/**
 * Lets the parent process call the methods of `target`, and tells it where this process is. When the parent is gone,
 * this process ends too.
 */
export function serveOrders(target: object, address = ''): void {
  process.on('disconnect', () => process.exit(1));
  process.on('message', (message) => void obey(target, message as Order));
  tell({ type: 'ready', address });
}

async function obey(target: object, { id, name, args }: Order): Promise<void> {
  try {
    const method: unknown = Reflect.get(target, name);
    if (typeof method !== 'function') throw new Error(`there is no order ${name}`);
    tell({ type: 'done', id, value: await Reflect.apply(method, target, args) });
  } catch (error) {
    tell({
      type: 'failed',
      id,
      error: error instanceof Error ? (error.stack ?? '') : String(error),
    });
  }
}

function tell(answer: Answer): void {
  // The parent may be gone: then this process is about to end too.
  if (process.connected) process.send?.(answer);
}
