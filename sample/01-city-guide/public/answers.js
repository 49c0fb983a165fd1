import { definitions, table } from './elements.js';
import { formatNumber } from './format.js';

/** How the answer to each query is shown. */
export const answers = {
  near: (cities) =>
    table(
      ['Place', 'Distance', 'Population'],
      cities.map(({ name, country, distanceKm, population }) => [
        `${name}, ${country}`,
        `${distanceKm.toFixed(1)} km`,
        formatNumber(population),
      ]),
    ),

  search: (cities) =>
    table(
      ['Place', 'Id', 'Population'],
      cities.map(({ name, country, id, population }) => [
        `${name}, ${country}`,
        String(id),
        formatNumber(population),
      ]),
    ),

  summary: ({ name, cities, population, medianPopulation, largest }) =>
    definitions([
      ['Country', name],
      ['Places', formatNumber(cities)],
      ['Population of them', formatNumber(population)],
      ['Median', formatNumber(medianPopulation)],
      ['Largest', largest.map((city) => city.name).join(', ')],
    ]),

  city: ({ name, country, population, lat, lon }) =>
    definitions([
      ['Name', name],
      ['Country', country],
      ['Population', formatNumber(population)],
      ['Position', `${lat.toFixed(3)}, ${lon.toFixed(3)}`],
    ]),
};
