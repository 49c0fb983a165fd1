import { BadRequestException, type PipeTransform } from '@nestjs/common';

/** What the column holds; more than live on Earth in one place for some time to come. */
const MAX_POPULATION = 2_000_000_000;

/** The body `{"population": n}`, answered as n. */
export class NewPopulationPipe implements PipeTransform<unknown, number> {
  transform(body: unknown): number {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new BadRequestException('The body must be a JSON object such as {"population": 1000}');
    }
    const unknown = Object.keys(body).filter((name) => name !== 'population');
    if (unknown.length > 0) {
      throw new BadRequestException('The body must have "population" and nothing else');
    }
    const population: unknown = Reflect.get(body, 'population');
    if (
      typeof population !== 'number' ||
      !Number.isInteger(population) ||
      population < 0 ||
      population > MAX_POPULATION
    ) {
      throw new BadRequestException(
        `"population" must be a whole number from 0 to ${MAX_POPULATION}`,
      );
    }
    return population;
  }
}
