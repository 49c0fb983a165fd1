/**
 * Calls `measure(name, round)` for every contestant in every round, one after another; each round begins with another
 * contestant, so that whatever else the machine does meanwhile happens to all of them.
 *
 * @returns by name, what the rounds came to
 */
export async function inTurns(names, rounds, measure) {
  const measured = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const start = round % names.length;
    for (const name of [...names.slice(start), ...names.slice(0, start)]) {
      measured.get(name).push(await measure(name, round));
    }
  }
  return measured;
}
