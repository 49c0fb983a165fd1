/**
 * What a decorator's options ask of the method below it: each function among them is called with the
 * method's arguments, of which it may leave out the last. Where one takes others, the compiler refuses the
 * decorator, with this text.
 */
export type TakesArgumentsOf<F extends (...args: never[]) => unknown, A extends unknown[]> = ((
  ...args: A
) => void) extends (...args: Parameters<F>) => void
  ? unknown
  : 'A function among the options takes other arguments than the method';
