/** What was refused because it comes later may still fail: nobody is left to be told. */
export function ignoreLateFailure(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('then' in value)) return;
  Promise.resolve(value).catch(() => undefined);
}
