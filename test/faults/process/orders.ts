/** A call of a method in another process, as it is sent. */
export interface Order {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** What a process says: that it is ready, or what has become of an order. */
export type Answer =
  | { readonly type: 'ready'; readonly address: string }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: string };
