/** Microseconds of a clock that all processes of the machine share, and that never goes back. */
export function now() {
  return Number(process.hrtime.bigint()) / 1000;
}

/** Comes to its end after the turn of the event loop. */
export function nextTurn() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
